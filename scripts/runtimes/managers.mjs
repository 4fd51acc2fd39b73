import { Workplace } from './workplace.mjs';

/** Each installs the packages into a project of its own and runs the program there. */
export const managers = [
  {
    name: 'npm',
    how: '`npm install @redpost/core @redpost/queue`',
    check: (project, packed) =>
      inProject(project, { dependencies: packed }, async (own) => {
        await own.npm('install');
        await own.works('node', ['run.mjs']);
        return own.run('npm', ['--version']);
      }),
  },
  {
    name: 'pnpm',
    how: '`pnpm add @redpost/core @redpost/queue`',
    check: (project, packed, { pnpm }) =>
      inProject(project, { dependencies: packed }, async (own) => {
        const overrides = Object.entries(packed).map(([name, file]) => `  '${name}': '${file}'`);
        await own.write({ 'pnpm-workspace.yaml': `overrides:\n${overrides.join('\n')}\n` });
        await own.run('npx', ['--yes', pnpm, 'install', '--ignore-scripts']);
        await own.works('node', ['run.mjs']);
        return pnpm.split('@')[1];
      }),
  },
  {
    name: 'Yarn 1',
    how: '`yarn add @redpost/core @redpost/queue`',
    check: (project, packed) =>
      inProject(project, { dependencies: packed, resolutions: packed }, async (own) => {
        const yarn = ['--yes', 'yarn@1'];
        await own.run('npx', [...yarn, 'install', '--no-progress', '--ignore-scripts']);
        await own.works('node', ['run.mjs']);
        return own.run('npx', [...yarn, '--version']);
      }),
  },
  {
    name: "Yarn 4 with Plug'n'Play",
    how: '`yarn add @redpost/core @redpost/queue`, `yarn node program.js`',
    check: (project, packed) =>
      inProject(project, { dependencies: packed, resolutions: packed }, async (own) => {
        const registry = (await own.run('npm', ['config', 'get', 'registry'])).trim();
        await own.write({
          'yarn.lock': '',
          '.yarnrc.yml': `nodeLinker: pnp\nenableTelemetry: false\nenableScripts: false\nnpmMinimalAgeGate: 0\nnpmRegistryServer: '${registry}'\nunsafeHttpWhitelist: ['*']\nglobalFolder: '${own.path('yarn')}'\n`,
        });
        const yarn = ['--yes', '--package', '@yarnpkg/cli-dist@4', '--', 'yarn'];
        await own.run('npx', [...yarn, 'install', '--no-immutable']);
        await own.works('npx', [...yarn, 'node', 'run.mjs']);
        return own.run('npx', [...yarn, '--version']);
      }),
  },
  {
    name: 'bun install',
    how: '`bun add @redpost/core @redpost/queue`',
    check: (project, packed) =>
      inProject(project, { dependencies: packed, overrides: packed }, async (own) => {
        const bun = ['--yes', 'bun'];
        const registry = (await own.run('npm', ['config', 'get', 'registry'])).trim();
        await own.run('npx', [...bun, 'install'], {
          env: { BUN_CONFIG_REGISTRY: registry },
        });
        await own.works('node', ['run.mjs']);
        return own.run('npx', [...bun, '--version']);
      }),
  },
];

async function inProject(project, manifest, use) {
  const files = { 'package.json': { private: true, ...manifest } };
  const own = await Workplace.make(project.url, { ...project.programs, ...files });
  try {
    return await use(own);
  } finally {
    await own.remove();
  }
}
