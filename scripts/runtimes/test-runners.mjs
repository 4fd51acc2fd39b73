/** Each runs one test that uses all of redpost, and ends by itself after it. */
export const testRunners = [
  {
    name: 'Vitest',
    packages: ['vitest'],
    how: 'no setting is needed',
    async check(project) {
      await project.write({
        'test/vitest/everything.test.mjs': `import { expect, test } from 'vitest';\n${test}`,
        'test/vitest/fake-timers.test.mjs': `import { beforeAll, expect, test, vi } from 'vitest';
beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'performance'] }));\n${test}`,
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
      const fake = "beforeAll(() => void jest.useFakeTimers({ doNotFake: ['Date', 'nextTick'] }));";
      const commonJs = `const { everything } = require('../../everything.cjs');
test('all of redpost', async () => expect(await everything()).toBe('everything works'), 60_000);`;
      await project.write({
        'test/jest/everything.test.cjs': commonJs,
        'test/jest/everything.test.mjs': test,
        'test/jest/fake-timers.test.cjs': `${fake}\n${commonJs}`,
        'test/jest/fake-timers.test.mjs': `import { jest } from '@jest/globals';\n${fake}\n${test}`,
      });
      const match = ['--rootDir=.', '--testMatch', '**/test/jest/*.test.?js'];
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

const test = `import { everything } from '../../everything.mjs';
test('all of redpost', async () => expect(await everything()).toBe('everything works'), 60_000);
`;
