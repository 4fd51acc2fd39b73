import { Workplace } from './workplace.mjs';

// npm has each of them as a package, which brings its binary.
const nodes = [20, 22, 24, 26];

/** Programs run from an ordinary installation, as modules and as CommonJS. */
export const runtimes = [
  ...nodes.map((major) => ({
    name: `Node ${major}`,
    how: 'ESM, CommonJS and `startRedis()`',
    check: (project) =>
      withPackage(project, `node@${major}`, async (runtime, binary) => {
        await project.works(binary, ['run.mjs']);
        await project.works(binary, ['run.cjs']);
        await project.works(binary, ['embedded.mjs']);
        return runtime.run(binary, ['-p', 'process.versions.node']);
      }),
  })),
  {
    name: 'Bun',
    how: '`bun run program.mjs`; ESM, CommonJS and `startRedis()`',
    check: (project) =>
      withPackage(project, 'bun', async (runtime, binary) => {
        for (const file of ['run.mjs', 'run.cjs', 'embedded.mjs']) {
          await project.works(binary, ['run', file]);
        }
        return runtime.run(binary, ['--version']);
      }),
  },
  {
    name: 'Deno',
    how: '`deno run --allow-net --allow-env --allow-read --allow-sys program.mjs`, with a `package.json`; ESM; `startRedis()` with `-A`',
    check: (project) =>
      withPackage(project, 'deno', async (runtime, binary) => {
        const allowed = [
          '--allow-net',
          '--allow-env',
          '--allow-read',
          '--allow-sys',
          '--no-prompt',
        ];
        await project.works(binary, ['run', ...allowed, 'run.mjs']);
        await project.works(binary, ['run', '--allow-all', 'embedded.mjs']);
        const [, version] = (await runtime.run(binary, ['--version'])).split(/\s+/);
        return version;
      }),
  },
];

async function withPackage(project, name, use) {
  const runtime = await Workplace.make(project.url);
  try {
    await runtime.npm('install', name);
    return await use(runtime, runtime.path('node_modules', '.bin', name.split('@')[0]));
  } finally {
    await runtime.remove();
  }
}
