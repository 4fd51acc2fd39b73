// Who may import whom, checked on the import lines of every source and test; that the libraries tell
// their own errors by their brand: a process may have each of them twice, as ESM and as CommonJS; and that
// they take timers from core's timers.ts, which no test can fake. (Biome refuses the global ones.)
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { root } from './run.mjs';

/** The dependency direction of docs/architecture.md; `'*'` may use every package. */
const mayImport = {
  '@redpost/core': [],
  '@redpost/queue': ['@redpost/core'],
  '@redpost/pubsub': ['@redpost/core'],
  '@redpost/topic': ['@redpost/core'],
  '@redpost/nestjs': ['@redpost/core', '@redpost/queue'],
  '@redpost/formats': ['@redpost/core', '@redpost/queue'],
  '@redpost/otel': ['@redpost/core', '@redpost/queue', '@redpost/pubsub', '@redpost/topic'],
  '@redpost/prometheus': ['@redpost/core', '@redpost/queue', '@redpost/pubsub', '@redpost/topic'],
  '@redpost/cli': [
    '@redpost/core',
    '@redpost/queue',
    '@redpost/pubsub',
    '@redpost/topic',
    '@redpost/dashboard',
  ],
  '@redpost/dashboard': ['@redpost/core', '@redpost/queue', '@redpost/pubsub', '@redpost/topic'],
  '@redpost/demo': '*',
  '@redpost/docs': '*',
  '@redpost/e2e': '*',
  '@redpost/bench': '*',
};

/** What `instanceof` may ask for: what the language makes, in the realm of the code that asks. */
const ofTheLanguage = ['Error', 'Promise'];

const packages = findPackages();
const problems = [checkPackage, checkBrands, checkTimers].flatMap((check) =>
  packages.flatMap(check),
);

for (const problem of problems) console.error(problem);
console.error(`boundaries: ${packages.length} packages, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

function checkPackage(pkg) {
  if (!(pkg.name in mayImport)) return [`${pkg.folder}: ${pkg.name} is missing in mayImport`];
  return ['src', 'test', 'examples']
    .flatMap((folder) => filesIn(join(pkg.folder, folder)))
    .flatMap((file) => importsOf(file).map((specifier) => ({ file, specifier })))
    .map(({ file, specifier }) => [file, specifier, judge(pkg, file, specifier)])
    .filter(([, , reason]) => reason)
    .map(([file, specifier, reason]) => `${relative(root, file)}: '${specifier}' ${reason}`);
}

function checkBrands(pkg) {
  return librarySources(pkg).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^(?! *(?:\*|\/\/)).*\binstanceof (\w+)/gm)]
      .filter(([, name]) => !ofTheLanguage.includes(name))
      .map(
        ([, name]) =>
          `${relative(root, file)}: 'instanceof ${name}' fails for another copy: use isRedpostError()`,
      ),
  );
}

function checkTimers(pkg) {
  const fakeable =
    /^(?! *(?:\*|\/\/)).*(process\.(?:nextTick|hrtime)|'node:(?:timers|timers\/promises|perf_hooks|process)')/gm;
  return librarySources(pkg)
    .filter((file) => file !== join(root, 'packages', 'core', 'src', 'runtime', 'timers.ts'))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(fakeable)].map(
        ([, found]) => `${relative(root, file)}: ${found}: tests fake it: use core's timers.ts`,
      ),
    );
}

/** Why a package's file may not import this, or undefined when it may. */
function judge(pkg, file, specifier) {
  if (specifier.startsWith('.')) {
    const target = resolve(dirname(file), specifier);
    // What is published comes from its package alone; everything else shares what is in tooling/.
    const isPublished = !pkg.private && !isTest(pkg, file);
    const folders = isPublished ? [pkg.folder] : [pkg.folder, join(root, 'tooling')];
    const isAllowed = folders.some((folder) => target.startsWith(folder + sep));
    return isAllowed ? undefined : 'leaves its package';
  }

  const [scope, name] = specifier.split('/');
  const target = scope.startsWith('@') ? `${scope}/${name}` : scope;
  if (target === pkg.name) return undefined;
  if (!target.startsWith('@redpost/')) {
    return isTest(pkg, file) || isDeclared(pkg, target)
      ? undefined
      : 'is not among its dependencies';
  }

  const allowed = mayImport[pkg.name];
  if (allowed !== '*' && !allowed.includes(target)) return 'is against the dependency direction';

  const subpath = `.${specifier.slice(target.length)}`;
  const exported = packages.find(({ name }) => name === target)?.exports ?? {};
  return subpath in exported ? undefined : 'is not exported';
}

/** What is published to be used in programs of others. */
function librarySources(pkg) {
  const isLibrary = !pkg.private && !pkg.bin && pkg.name.startsWith('@redpost/');
  if (!isLibrary) return [];
  return filesIn(join(pkg.folder, 'src')).filter((file) => !isTest(pkg, file));
}

function isDeclared(pkg, target) {
  // What nobody installs may use what it is developed with.
  const { dependencies, peerDependencies, devDependencies } = pkg;
  const forDevelopment = pkg.private ? devDependencies : {};
  return isBuiltin(target) || target in { ...dependencies, ...peerDependencies, ...forDevelopment };
}

function isTest(pkg, file) {
  return file.endsWith('.test.ts') || !file.startsWith(join(pkg.folder, 'src') + sep);
}

function importsOf(file) {
  const statement =
    /^\s*(?:import|export)\b[^'";]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm;
  const call = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(statement), ...text.matchAll(call)].map(([, a, b]) => a ?? b);
}

function findPackages() {
  return ['packages', 'apps', '.']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({
      folder,
      ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    }));
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesIn(path);
    return /\.[cm]?[jt]sx?$/.test(entry.name) ? [path] : [];
  });
}
