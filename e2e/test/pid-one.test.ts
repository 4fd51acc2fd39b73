import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { blocksOf, read, root } from '../src/documents.js';
import { eventually } from '../src/eventually.js';

const unshare = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
/** Not everywhere may a user have namespaces of their own. */
const mayUnshare = spawnSync('unshare', [...unshare, 'true']).status === 0;

it.runIf(mayUnshare)(
  'the worker of the recipe for Docker, as process 1, lets its handler finish when SIGTERM comes',
  async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    await using connection = connect(redis.url);
    await using emails = new Queue<string>('emails', { connection });
    const folder = await mkdtemp(path.join(root, 'e2e', 'node_modules', '.pid-one-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const worker = path.join(folder, 'worker.mjs');
    const blocks = blocksOf(await read('docs/guides/recipes.md'));
    const code = blocks.find((block) => block.code.startsWith('// worker.mjs\n'))?.code;
    await writeFile(worker, `console.log('pid', process.pid);\n${code}`);

    const child = spawn('unshare', [...unshare, process.execPath, worker], {
      env: { ...process.env, REDIS_URL: redis.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    const exited = once(child, 'exit');
    await emails.send('hello');
    await eventually(() => output.includes('start hello'));
    process.kill(childOf(child.pid as number), 'SIGTERM');

    const [status] = await exited;
    expect(output).toBe('pid 1\nstart hello\ndone hello\nstopped\n');
    expect(status).toBe(0);
    expect(await emails.stats()).toMatchObject({ pending: 0, active: 0, consumers: 0 });
  },
);

/** Signals are for the program, and not for `unshare`, which has started it. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}
