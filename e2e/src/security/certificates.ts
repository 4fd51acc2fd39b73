import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of a certificate and of its key. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Two authorities, and certificates that the first has signed, in a folder of their own. */
export function makeCertificates() {
  const folder = mkdtempSync(join(tmpdir(), 'redpost-tls-'));
  const authority = selfSigned(folder, 'authority');
  return {
    folder,
    authority,
    stranger: selfSigned(folder, 'stranger'),
    server: signed(folder, 'server', authority),
    client: signed(folder, 'client', authority),
  };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function selfSigned(folder: string, name: string): Certificate {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    files.key,
    '-out',
    files.cert,
    '-subj',
    `/CN=${name}`,
  );
  return files;
}

function signed(folder: string, name: string, { cert, key }: Certificate): Certificate {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const host = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const subject = ['-subj', `/CN=${name}`, '-addext', host];
  const authority = ['-CA', cert, '-CAkey', key];
  openssl(
    'req',
    '-x509',
    ...newKey,
    ...subject,
    ...authority,
    '-keyout',
    files.key,
    '-out',
    files.cert,
  );
  return files;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
