/** Each runs one test that uses all of redpost, and ends by itself after it. */
export const testRunners = [
  {
    name: 'Vitest',
    packages: ['vitest'],
    how: 'no setting is needed',
    async check(project) {
      await project.write({
        'test/vitest/everything.test.mjs': `import { expect, test, vi } from 'vitest';
${test}
test('all of redpost with fake timers', async () => {
  vi.useFakeTimers({ toNotFake: ['Date', 'nextTick', 'queueMicrotask'] });
  expect(await everything()).toBe('everything works');
}, 60_000);`,
      });
      await project.run('vitest', ['run', '--dir', 'test/vitest']);
      return project.version('vitest');
    },
  },
  {
    name: 'Jest',
    packages: ['jest'],
    how: 'CommonJS; modules with `--experimental-vm-modules`',
    async check(project) {
      await project.write({
        'test/jest/everything.test.cjs': `const { everything } = require('../../everything.cjs');
${testJest}`,
        'test/jest/everything.test.mjs': `import { jest } from '@jest/globals';
import { everything } from '../../everything.mjs';
${testJest}`,
      });
      const match = ['--rootDir=.', '--testMatch', '**/test/jest/everything.test.?js'];
      await project.run('node', [
        '--experimental-vm-modules',
        'node_modules/jest/bin/jest.js',
        ...match,
      ]);
      return project.version('jest');
    },
  },
  {
    name: 'node:test',
    packages: [],
    how: '`node --test`',
    async check(project) {
      await project.write({
        'test/node/everything.test.mjs': `import assert from 'node:assert';
import { test } from 'node:test';
import { everything } from '../../everything.mjs';
test('all of redpost', async () => assert.equal(await everything(), 'everything works'));`,
      });
      await project.run('node', ['--test', 'test/node/everything.test.mjs']);
      return `Node ${process.versions.node}`;
    },
  },
  {
    name: 'bun test',
    packages: ['bun'],
    how: 'no setting is needed',
    async check(project) {
      await project.write({
        'test/bun/everything.test.mjs': `import { expect, test } from 'bun:test';\n${test}`,
      });
      await project.run('bun', ['test', './test/bun/everything.test.mjs']);
      return project.run('bun', ['--version']);
    },
  },
];

const testJest = `test('all of redpost', async () => expect(await everything()).toBe('everything works'), 60_000);
test('all of redpost with fake timers', async () => {
  jest.useFakeTimers({ doNotFake: ['Date', 'nextTick'] });
  expect(await everything()).toBe('everything works');
}, 60_000);`;

const test = `import { everything } from '../../everything.mjs';
test('all of redpost', async () => expect(await everything()).toBe('everything works'), 60_000);
`;
