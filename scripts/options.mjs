// Pages of the site with all options, from the types and their docstrings: by hand they would go stale.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { root } from './run.mjs';

const pages = [
  {
    name: 'core',
    title: 'Connections',
    entries: ['index.ts', 'embedded/index.ts'],
    first: 'connect',
    // Of use to the other packages only.
    without: ['TickBatch'],
  },
  { name: 'queue', title: 'Queues', entries: ['index.ts', 'testing/index.ts'], first: 'Queue' },
  {
    name: 'pubsub',
    title: 'Channels',
    entries: ['index.ts', 'adapters/event-target.ts', 'adapters/streams.ts'],
    first: 'PubSub',
  },
  { name: 'topic', title: 'Topics', entries: ['index.ts'], first: 'Topic' },
  { name: 'nestjs', title: 'NestJS', entries: ['index.ts', 'microservices/index.ts'] },
  { name: 'dashboard', title: 'Dashboard', entries: ['index.ts'] },
  { name: 'otel', title: 'OpenTelemetry', entries: ['index.ts'] },
  { name: 'prometheus', title: 'Prometheus', entries: ['index.ts'] },
  {
    name: 'formats',
    title: 'Formats of other systems',
    entries: [
      'celery/index.ts',
      'laravel/index.ts',
      'rq/index.ts',
      'sidekiq/index.ts',
      'socketio/index.ts',
    ],
  },
];

/** Of options within options, `maxLength.count` for example, so many levels are in the table. */
const deepest = 2;

/** Writes the pages into `folder`; they link to those of typedoc in `api`, which have to be there. */
export function writeOptions({ folder, api }) {
  const program = ts.createProgram(pages.flatMap(filesOf), compilerOptions());
  const apiPages = new Map(
    readdirSync(api, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => [file.split('/').at(-1).replace('.md', ''), `/api/${file.slice(0, -3)}`]),
  );

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const written = pages.map((page) => ({ page, sections: sectionsOf(page, program) }));
  for (const { page, sections } of written) {
    writeFileSync(join(folder, `${page.name}.md`), pageText(page, sections, apiPages));
  }
  return written;
}

function filesOf({ name, entries }) {
  return entries.map((entry) => join(root, 'packages', name, 'src', entry));
}

function compilerOptions() {
  const file = join(root, 'docs/tsconfig.api.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, join(root, 'docs')).options;
}

/** The classes and functions of a package that take options, the one that users begin with first. */
function sectionsOf(page, program) {
  const checker = program.getTypeChecker();
  const exported = filesOf(page).flatMap((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    return checker.getExportsOfModule(module).map((symbol) => original(checker, symbol));
  });
  const sections = [...new Set(exported)]
    .map((symbol) => ({ name: symbol.name, calls: callsOf(checker, symbol) }))
    .filter(({ name, calls }) => calls.length > 0 && !name.endsWith('Error'))
    .filter(({ name }) => !page.without?.includes(name))
    .map((section) => ({ ...section, reachedBy: reachedBy(checker, exported, page, section) }));
  const rank = ({ name }) => (name === page.first ? 0 : 1);
  return sections.sort((a, b) => rank(a) - rank(b));
}

/** `queue.deadLetters` for the class `DeadLetters`: the property of the first class that holds one. */
function reachedBy(checker, exported, { first }, { name }) {
  const [declaration] = exported.find((symbol) => symbol.name === first)?.declarations ?? [];
  if (!declaration || !ts.isClassDeclaration(declaration)) return undefined;
  const property = declaration.members.find(
    (member) =>
      member.name &&
      ts.isIdentifier(member.name) &&
      !ts.isMethodDeclaration(member) &&
      checker.getTypeAtLocation(member).symbol?.name === name,
  );
  return property && `${first.toLowerCase()}.${property.name.text}`;
}

/** The calls of a class or function that take options; those with the same options are one. */
function callsOf(checker, symbol) {
  const declaration = symbol.declarations?.[0];
  if (!declaration) return [];
  const callables = ts.isClassDeclaration(declaration)
    ? declaration.members.filter(isPublicCall)
    : (symbol.declarations ?? []).filter(ts.isFunctionDeclaration);

  const calls = new Map();
  for (const callable of callables) {
    for (const parameter of callable.parameters) {
      const options = optionsOf(checker, parameter);
      if (!options) continue;
      const known = calls.get(options.name);
      const title = titleOf(symbol.name, callable, parameter);
      if (!known) calls.set(options.name, { ...options, titles: [title] });
      else if (!known.titles.includes(title)) known.titles.push(title);
    }
  }
  return [...calls.values()];
}

function isPublicCall(member) {
  if (!ts.isMethodDeclaration(member) && !ts.isConstructorDeclaration(member)) return false;
  if (member.name && ts.isPrivateIdentifier(member.name)) return false;
  if (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))
    return false;
  return !ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'internal');
}

/** `new Queue(name, options)` or `consume(handler, options)`; `set(limits, options): limits` where both have options. */
function titleOf(name, callable, parameter) {
  const parameters = callable.parameters
    .map((parameter) => (ts.isIdentifier(parameter.name) ? parameter.name.text : 'options'))
    .join(', ');
  if (ts.isConstructorDeclaration(callable)) return `new ${name}(${parameters})`;
  const call = `${callable.name.getText()}(${parameters})`;
  return parameters.startsWith('limits, ') ? `${call}: ${parameter.name.getText()}` : call;
}

function optionsOf(checker, parameter) {
  const type = objectOf(checker, checker.getTypeAtLocation(parameter));
  if (!type) return undefined;
  const name = nameOf(type);
  if (!/(Options|Limits|Bounds|Changes)$/.test(name)) return undefined;
  const options = rowsOf(checker, type);
  return options.length > 0 ? { name, options } : undefined;
}

function nameOf(type) {
  return (type.aliasSymbol ?? type.symbol)?.name ?? '';
}

/** The part of a type that has options of ours, or undefined. */
function objectOf(checker, type) {
  const parts = type.isUnion() ? type.types : [type];
  return parts.find((part) => {
    if (!(part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return false;
    const properties = checker.getPropertiesOfType(part);
    return properties.length > 0 && properties.every(isOption);
  });
}

function isOption(property) {
  const [declaration] = property.declarations ?? [];
  return (
    declaration !== undefined &&
    ts.isPropertySignature(declaration) &&
    /\/packages\/\w+\/src\//.test(declaration.getSourceFile().fileName)
  );
}

function rowsOf(checker, type, prefix = '', depth = 1) {
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const [declaration] = property.declarations;
    const row = {
      name: prefix + property.name,
      type: declaration.type?.getText().replace(/\s+/g, ' ') ?? '',
      isRequired: !(property.flags & ts.SymbolFlags.Optional),
      text: ts.displayPartsToString(property.getDocumentationComment(checker)),
    };
    const inner = objectOf(checker, checker.getTypeOfSymbolAtLocation(property, declaration));
    // The options of another call have a table of their own.
    const isOfAnotherCall = inner && /^(Consume|Dashboard)\w*Options$/.test(nameOf(inner));
    if (!inner || isOfAnotherCall || depth >= deepest) return [row];
    return [row, ...rowsOf(checker, inner, `${row.name}.`, depth + 1)];
  });
}

function original(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function pageText({ name, title }, sections, apiPages) {
  const intro = [
    `# Options: ${title}`,
    '',
    `All options of [@redpost/${name}](../../packages/${name}/README.md), made from its types.`,
    'An option that is `undefined` counts as not given, and an option that does not exist is refused.',
  ];
  const body = sections.flatMap((section) => [
    '',
    `## ${section.name}`,
    ...(section.reachedBy ? ['', `What \`${section.reachedBy}\` is.`] : []),
    ...section.calls.flatMap((call) => callText(section, call, apiPages)),
  ]);
  return `${[...intro, ...body].join('\n')}\n`;
}

function callText({ name, calls }, { titles, options }, apiPages) {
  const isAll = calls.length === 1 && titles.length === 1 && titles[0].startsWith(`${name}(`);
  const [title, ...others] = titles;
  const heading = isAll ? `\`${title}\`` : `### ${title}`;
  const also = others.map((other) => `\`${other}\``).join(', ');
  return [
    '',
    heading,
    ...(also ? ['', `Also ${also}.`] : []),
    '',
    '| option | type | default | |',
    '|---|---|---|---|',
    ...options.map((option) => rowText(option, apiPages)),
  ];
}

function rowText({ name, type, isRequired, text }, apiPages) {
  const { byDefault, meaning } = apart(text);
  const cells = [
    `\`${name}\``,
    typeText(type, apiPages) + unitOf(name),
    isRequired ? 'required' : defaultText(byDefault, type),
    meaning,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Takes the sentence about the default out of a docstring. */
export function apart(text) {
  const plain = text.replace(/\{@link (\w+)\}/g, '`$1`').trim();
  const sentence = /(?:^|\s)Default:?\s+(.+?)\.(?=\s+[-A-Z`{']|\s*$)/s.exec(plain);
  if (sentence) {
    return {
      byDefault: sentence[1].replace(/\s+/g, ' '),
      meaning: plain.replace(sentence[0], '').trim(),
    };
  }
  const clause = /[,;] default (`[^`]+`|[\d ]+)/.exec(plain);
  if (clause) return { byDefault: clause[1], meaning: plain.replace(clause[0], '') };

  const marked = /(`[^`]+`)(?: \(default\)|, the default\b)/.exec(plain);
  return { byDefault: marked?.[1] ?? '', meaning: plain };
}

/** Without a word in the docstring, leaving an option away leaves away what it does. */
function defaultText(byDefault, type) {
  const word = byDefault.replace(/^`(.*)`$/, '$1');
  if (type.includes(`'${word}'`)) return `\`'${word}'\``;
  if (/^(true|false)$/.test(word)) return `\`${word}\``;
  return byDefault || 'none';
}

/** Times and sizes have their unit in their names. */
function unitOf(name) {
  if (/ms$/i.test(name)) return ', ms';
  return /Bytes$/.test(name) ? ', bytes' : '';
}

function typeText(type, apiPages) {
  const shown = type.replace(/\s*\|\s*undefined$/, '').replace(/^\| /, '');
  const [, identifier] = /^(\w+)(<.*>)?$/.exec(shown) ?? [];
  const page = apiPages.get(identifier);
  return page ? `[\`${shown}\`](${page})` : `\`${shown}\``;
}

function cell(text) {
  return text
    .trim()
    .replace(/\n\s*- /g, '<br>• ')
    .replace(/\n\s*\n/g, '<br><br>')
    .replace(/(<br>)+•/g, '<br>•')
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeOptions({ folder: join(root, 'docs/options'), api: join(root, 'docs/api') });
}
