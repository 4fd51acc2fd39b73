import { withBase } from 'vitepress';
import { defineComponent, h } from 'vue';
import type { BenchmarkFigures, Panel } from './benchmarks.data.js';
import * as loaded from './benchmarks.data.js';

// VitePress puts what `load()` returned here while it builds the site.
const { panels, day, machine } = (loaded as unknown as { data: BenchmarkFigures }).data;

// As in docs/benchmarks.md.
const { format } = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** Bars of the measured figures that people choose a queue by. */
export const BenchmarkBars = defineComponent({
  name: 'BenchmarkBars',
  setup: () => () =>
    h('figure', { class: 'bars' }, [
      h('div', { class: 'panels' }, panels.map(panelOf)),
      h('figcaption', [
        `Medians of npm run bench on ${day}: ${machine}, without persistence; handlers are empty functions. `,
        h('a', { href: withBase('/benchmarks') }, 'All figures, and how they were measured'),
        '.',
      ]),
    ]),
});

function panelOf({ title, unit, bars }: Panel) {
  const largest = Math.max(...bars.map(({ value }) => value));
  const rows = bars.flatMap(({ name, value, isOurs }) => {
    const kind = { class: { ours: isOurs } };
    return [
      h('dt', kind, name),
      h('dd', { ...kind, style: { '--share': value / largest } }, format(value)),
    ];
  });
  return h('div', [
    h('h2', [title, h('span', ` · ${unit === 'ms' ? 'ms, less is better' : unit}`)]),
    h('dl', { class: 'rows' }, rows),
  ]);
}
