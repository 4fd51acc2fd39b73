import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RepositoryCopy } from '../src/release/repository-copy.js';

describe('the check for changesets', () => {
  let copy: RepositoryCopy;
  beforeAll(async () => {
    copy = await RepositoryCopy.make();
  });
  afterAll(() => copy?.remove());

  it('refuses a change to a package that comes without one', async () => {
    const problem = await check({ 'packages/queue/src/index.ts': '\n' });
    expect(problem).toContain('npx changeset');
  });

  it('refuses one that names another package only', async () => {
    const problem = await check({
      'packages/queue/src/index.ts': '\n',
      '.changeset/song.md': "---\n'@redpost/pubsub': patch\n---\n\nChannels can sing.\n",
    });
    expect(problem).toContain('@redpost/queue has changed, and no changeset names it.');
  });

  it('refuses one that names a package that does not exist', async () => {
    const problem = await check({
      'packages/queue/src/index.ts': '\n',
      '.changeset/song.md': "---\n'@redpost/choir': patch\n---\n\nChoirs can sing.\n",
    });
    expect(problem).toContain('@redpost/choir');
  });

  it('accepts one that names the package, and one that is empty', async () => {
    const change = { 'packages/queue/src/index.ts': '\n' };
    const named = "---\n'@redpost/queue': patch\n---\n\nQueues can sing.\n";
    expect(await check({ ...change, '.changeset/song.md': named })).toBe('');
    expect(await check({ ...change, '.changeset/song.md': '---\n---\n' })).toBe('');
  });

  it('asks for none when only tests, documents and private packages change', async () => {
    const problem = await check({
      'packages/queue/test/song.test.ts': '\n',
      'packages/core/src/duration.test.ts': '\n',
      'packages/queue/README.md': '\n',
      'apps/demo/src/index.ts': '\n',
      'docs/protocol.md': '\n',
    });
    expect(problem).toBe('');
  });

  /** What the check says of a branch that makes these changes, or nothing when it accepts it. */
  async function check(changes: Record<string, string>): Promise<string> {
    await copy.git('checkout', '--quiet', '-B', 'change', 'main');
    for (const [path, text] of Object.entries(changes)) {
      const write = path.startsWith('.changeset/') ? writeFile : appendFile;
      await write(join(copy.folder, path), text);
    }
    await copy.commit('Change');
    return copy.run('node', ['scripts/check-changesets.mjs', 'main']).then(
      () => '',
      (error: Error) => error.message,
    );
  }
});
