// Figures in hand-written documents, taken from bench/results.json: by hand they would go stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './run.mjs';

const documents = ['README.md', 'docs/operating.md'];
const blocks = { headline, memory };

/** Writes the figures into the documents; resolves to those that had others. */
export function renewFigures({ write = true } = {}) {
  const results = JSON.parse(readFileSync(join(root, 'bench/results.json'), 'utf8'));
  return documents.filter((document) => {
    const before = readFileSync(join(root, document), 'utf8');
    const after = before.replace(
      /(<!-- figures: (\w+) -->\n).*?(<!-- \/figures -->)/gs,
      (_, begin, name, end) => `${begin}\n${blocks[name](results)}\n\n${end}`,
    );
    if (write && after !== before) writeFileSync(join(root, document), after);
    return after !== before;
  });
}

function headline({ measures, machine, startedAt }) {
  const rows = [
    ...['send', 'send-batch', 'consume', 'consume-one', 'handlers-100'],
    ...['send-10KiB', 'consume-10KiB'],
  ];
  const peers = ['redpost', 'bullmq', 'bee-queue'];
  const where = `${machine.cpu}, ${machine.cores} cores, Redis ${machine.redis}, Node ${machine.node}`;
  const table = tableOf(measures, [...rows, 'latency-p50', 'bytes'], peers);
  return `${table}\n\nMedians of \`npm run bench\` on ${startedAt.slice(0, 10)}, without persistence: ${where}.`;
}

function memory({ measures }) {
  return tableOf(measures, ['bytes'], ['redpost', 'bullmq', 'bee-queue']);
}

function tableOf(measures, names, subjects) {
  const chosen = names.map((name) =>
    measures.find((measure) => measure.name === name && measure.persistence === 'none'),
  );
  const medians = chosen.map(({ title, unit, subjects: all }) => {
    const figures = subjects.map((name) =>
      threeDigits(all.find((one) => one.name === name).median),
    );
    return row([title.includes(unit) ? title : `${title}, ${unit}`, ...figures]);
  });
  const titles = subjects.map((name) => chosen[0].subjects.find((one) => one.name === name).title);
  return [row(['', ...titles]), row(['---', ...titles.map(() => '---:')]), ...medians].join('\n');
}

const row = (cells) => `| ${cells.join(' | ')} |`;
// As in docs/benchmarks.md.
const { format: threeDigits } = new Intl.NumberFormat('en-US', {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = renewFigures({ write: !process.argv.includes('--check') });
  for (const document of stale) console.error(`${document}: the figures have changed`);
  if (process.argv.includes('--check')) process.exitCode = stale.length > 0 ? 1 : 0;
}
