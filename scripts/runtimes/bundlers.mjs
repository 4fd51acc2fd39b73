import { access, chmod, copyFile } from 'node:fs/promises';

// What a module needs that has CommonJS in it.
const requireInModule =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

/** A bundle runs in a folder where nothing is installed, so it must have everything in it. */
export const bundlers = [
  {
    name: 'esbuild',
    packages: ['esbuild'],
    how: `\`esbuild program.mjs --bundle --platform=node\`; with \`--format=esm\` also \`--banner:js="${requireInModule}"\``,
    async check(project) {
      const bundle = ['run.mjs', '--bundle', '--platform=node', '--log-level=error'];
      await project.run('esbuild', [...bundle, '--outfile=out/esbuild/program.cjs']);
      const module = ['--format=esm', `--banner:js=${requireInModule}`];
      await project.run('esbuild', [...bundle, ...module, '--outfile=out/esbuild/program.mjs']);
      await runsAlone(project, 'out/esbuild', 'program.cjs', 'program.mjs');
      return project.version('esbuild');
    },
  },
  {
    name: 'Rollup',
    packages: [
      'rollup',
      '@rollup/plugin-node-resolve',
      '@rollup/plugin-commonjs',
      '@rollup/plugin-json',
    ],
    how: "`plugins: [nodeResolve({ exportConditions: ['node'] }), commonjs(), json()]`, with `dir` for its output, or `inlineDynamicImports`",
    async check(project) {
      await project.write({
        'rollup.config.mjs': `import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
export default {
  input: 'run.mjs',
  plugins: [nodeResolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs({ ignoreDynamicRequires: true }), json()],
  output: [
    { dir: 'out/rollup', format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    { file: 'out/rollup/run.cjs', format: 'cjs', inlineDynamicImports: true },
  ],
};`,
      });
      await project.run('rollup', ['--config', '--silent']);
      await runsAlone(project, 'out/rollup', 'run.mjs', 'run.cjs');
      return project.version('rollup');
    },
  },
  {
    name: 'Vite',
    packages: ['vite'],
    how: '`vite build --ssr program.mjs`, with `ssr: { noExternal: true }` to have everything in the bundle',
    async check(project) {
      await project.write({
        'vite.config.mjs': `export default { ssr: { noExternal: true }, build: { outDir: 'out/vite' } };`,
      });
      await project.run('vite', ['build', '--ssr', 'run.mjs', '--logLevel', 'error']);
      await project.write({ 'out/vite/package.json': '{ "type": "module" }' });
      await runsAlone(
        project,
        'out/vite',
        (await exists(project.path('out/vite/run.mjs'))) ? 'run.mjs' : 'run.js',
      );
      return project.version('vite');
    },
  },
  {
    name: 'webpack',
    packages: ['webpack', 'webpack-cli'],
    how: "`target: 'node20'`",
    async check(project) {
      await project.write({
        'webpack.config.cjs': `module.exports = { mode: 'production', target: 'node20', entry: './run.mjs', stats: 'errors-only',
  output: { path: require('node:path').resolve('out/webpack'), filename: 'program.cjs', chunkFilename: '[name].cjs' } };`,
      });
      await project.run('webpack', ['--config', 'webpack.config.cjs']);
      await runsAlone(project, 'out/webpack', 'program.cjs');
      return project.version('webpack');
    },
  },
  {
    name: 'ncc',
    packages: ['@vercel/ncc'],
    how: '`ncc build program.js -o out`',
    async check(project) {
      await project.run('ncc', ['build', 'run.mjs', '-o', 'out/ncc-esm', '--quiet']);
      await project.run('ncc', ['build', 'run.cjs', '-o', 'out/ncc-cjs', '--quiet']);
      await runsAlone(project, 'out/ncc-esm', 'index.mjs');
      await runsAlone(project, 'out/ncc-cjs', 'index.cjs');
      return project.version('@vercel/ncc');
    },
  },
  {
    name: 'Single executable (SEA)',
    packages: ['esbuild', 'postject'],
    how: '`esbuild` to one file of CommonJS, then `node --experimental-sea-config` and `postject`',
    async check(project) {
      const bundle = ['run.mjs', '--bundle', '--platform=node', '--log-level=error'];
      await project.run('esbuild', [...bundle, '--outfile=out/sea/program.cjs']);
      await project.write({
        'sea.json': {
          main: 'out/sea/program.cjs',
          output: 'out/sea/blob',
          disableExperimentalSEAWarning: true,
        },
      });
      await project.run('node', ['--experimental-sea-config', 'sea.json']);
      const program = project.path('out/sea/program');
      await copyFile(process.execPath, program);
      await chmod(program, 0o755);
      const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
      await project.run('postject', [
        program,
        'NODE_SEA_BLOB',
        'out/sea/blob',
        '--sentinel-fuse',
        fuse,
      ]);
      const alone = await project.alone('out/sea/program');
      try {
        await alone.works(alone.path('out/sea/program'));
      } finally {
        await alone.remove();
      }
      return `Node ${process.versions.node}`;
    },
  },
  {
    name: 'Next.js',
    packages: ['next', 'react', 'react-dom'],
    how: 'a route handler, `next build` with Turbopack and with `--webpack`, then `next start`; no setting is needed',
    async check(project) {
      await project.write({
        'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
        'app/everything/route.js': `import { everything } from '../../everything.mjs';
export const dynamic = 'force-dynamic';
export async function GET() {
  try {
    return new Response(await everything());
  } catch (error) {
    return new Response(String(error?.stack ?? error), { status: 500 });
  }
}`,
        'serve-next.mjs': serveNext,
      });
      for (const bundler of ['--turbopack', '--webpack']) {
        const env = { NEXT_TELEMETRY_DISABLED: '1' };
        await project.run('next', ['build', bundler], { env });
        await project.works('node', ['serve-next.mjs'], { env });
      }
      return project.version('next');
    },
  },
];

/** Starts what was built, asks for the route, and ends. */
const serveNext = `import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
const probe = createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => probe.once('listening', resolve));
const { port } = probe.address();
await new Promise((resolve) => probe.close(resolve));
const next = new URL('node_modules/next/dist/bin/next', import.meta.url).pathname;
const server = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 2, 2] });
try {
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch(\`http://127.0.0.1:\${port}/everything\`).catch((error) => {
      if (attempt > 300) throw error;
    });
    if (response) {
      console.log(await response.text());
      break;
    }
    await pause(100);
  }
} finally {
  server.kill();
}
`;

async function runsAlone(project, folder, ...programs) {
  const alone = await project.alone(folder);
  try {
    for (const program of programs) await alone.works('node', [`${folder}/${program}`]);
  } finally {
    await alone.remove();
  }
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
