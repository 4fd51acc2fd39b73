import { describe, expect, it } from 'vitest';
import { isRefusal, mayResend, translateError } from './translate-error.js';

function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

const sha = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';

describe('an error of the server', () => {
  it.each([
    ['WRONGTYPE Operation against a key', 'WRONGTYPE', 'not-executed', false],
    ['ERR unknown command', 'ERR', 'not-executed', false],
    ['MISCONF Errors writing to the AOF file', 'MISCONF', 'not-executed', true],
    [
      `NOREPLICAS Not enough script: ${sha}, on @user_script:1.`,
      'NOREPLICAS',
      'not-executed',
      true,
    ],
    ['LOADING Redis is loading the dataset', 'LOADING', 'not-executed', true],
    [`WRONGTYPE Operation script: ${sha}, on @user_script:1.`, 'WRONGTYPE', 'unknown', false],
    [
      `READONLY You can't write script: ${sha}, on @user_script:1.`,
      'READONLY',
      'not-executed',
      true,
    ],
    [
      `ERR Error running script (call to f_${sha}): @user_script:1: @user_script: 1: -READONLY You can't write`,
      'READONLY',
      'not-executed',
      true,
    ],
    [
      `ERR Error running script (call to f_${sha}): @user_script:1: WRONGTYPE Operation`,
      'WRONGTYPE',
      'unknown',
      false,
    ],
    [
      `ERR Error running script (call to f_${sha}): @user_script:1: user_script:1: boom`,
      'ERR',
      'unknown',
      false,
    ],
  ])('%s', (message, reply, outcome, retryable) => {
    expect(translateError(replyError(message), 'host:1')).toMatchObject({
      code: 'SERVER',
      reply,
      outcome,
      retryable,
    });
  });

  it.each([
    'OOM command not allowed',
    `OOM command not allowed script: ${sha}, on @user_script:1.`,
    `ERR Error running script (call to f_${sha}): @user_script:1: @user_script: 1: -OOM command not allowed`,
  ])('%s', (message) => {
    const error = translateError(replyError(message), 'host:1');

    expect(error).toMatchObject({
      code: 'OUT_OF_MEMORY',
      outcome: 'not-executed',
      retryable: true,
    });
    expect(error.message).toContain('raise maxmemory');
  });

  it('that means "not now" lets the command be sent again, another does not', () => {
    const resent = (message: string) => mayResend(translateError(replyError(message), 'host:1'));

    expect(resent('CLUSTERDOWN Hash slot not served')).toBe(true);
    expect(resent('OOM command not allowed')).toBe(false);
    expect(resent('NOSCRIPT No matching script')).toBe(false);
  });

  it('that refuses the login is distinguished from others', () => {
    const refused = (message: string) => isRefusal(translateError(replyError(message), 'host:1'));

    expect(refused('WRONGPASS invalid username-password pair')).toBe(true);
    expect(refused('NOAUTH Authentication required.')).toBe(true);
    expect(refused('LOADING Redis is loading')).toBe(false);
  });
});

describe('an error of the connection', () => {
  it.each([
    ["Stream isn't writeable and enableOfflineQueue options is false", 'not-executed'],
    ["Cluster isn't ready and enableOfflineQueue options is false", 'not-executed'],
    ['All keys in the pipeline should belong to the same slots allocation group', 'not-executed'],
    ['Too many Cluster redirections. Last error: ReplyError: MOVED 1 a:1', 'not-executed'],
    ['Too many Cluster redirections. Last error: Error: Connection is closed.', 'unknown'],
    ['Connection is closed.', 'unknown'],
    ['read ECONNRESET', 'unknown'],
  ])('%s', (message, outcome) => {
    const error = translateError(new Error(message), 'host:1');

    expect(error).toMatchObject({ code: 'CONNECTION', outcome, retryable: true });
    expect(mayResend(error)).toBe(outcome === 'not-executed');
  });

  it('holds no command, and so no argument, however deep', () => {
    const command = { name: 'hello', args: ['AUTH', 'secret'] };
    const lastNodeError = Object.assign(replyError('WRONGPASS'), { command });
    const thrown = Object.assign(new Error('Failed'), { command, lastNodeError });

    const { cause } = translateError(thrown, 'host:1');

    expect(cause).toBe(thrown);
    expect(cause).not.toHaveProperty('command');
    expect(lastNodeError).not.toHaveProperty('command');
  });

  it('may be anything that was thrown', () => {
    expect(translateError('text', 'host:1').message).toContain('text');
  });
});

it.each([
  ['ERR_SSL_WRONG_VERSION_NUMBER', /redis:\/\/ rather than rediss:\/\//],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /tls\.cert/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /as its certificate does/],
  ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
])('%s is no failure to wait for, and says what to do', (code, advice) => {
  const error = translateError(Object.assign(new Error('noise'), { code }), 'here');

  expect(error).toMatchObject({ code: 'CONNECTION', retryable: false, outcome: 'not-executed' });
  expect(error.message).toMatch(advice);
  expect(isRefusal(error)).toBe(true);
});
