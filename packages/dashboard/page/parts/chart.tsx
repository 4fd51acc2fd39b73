import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useColours } from './colours.js';

/** One line of a chart. */
export interface Line {
  name: string;
  /** A custom property of the style sheet that has its colour. */
  colour: string;
  values: (number | null)[];
}

interface ChartProps {
  title: string;
  /** The last one that goes on is not drawn. */
  per: 'minute' | 'hour';
  /** In seconds since 1970. */
  times: number[];
  lines: Line[];
  /** How a value is written. */
  text(value: number): string;
}

const height = 200;
/** Steps of the axis: messages and ms are whole numbers. */
const steps = Array.from({ length: 12 }, (_, n) => [1, 2, 5].map((step) => step * 10 ** n)).flat();
/** From which step on, in seconds, times are written in which way; and with the day where that changes. */
const timeFormats: (string | number | null)[][] = [
  [86_400, '{MM}-{DD}', null, null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
];

const dateText = uPlot.fmtDate('{YYYY}-{MM}-{DD} {HH}:{mm}');
const timeText = (seconds: number) => dateText(new Date(1000 * seconds));

/** Lines over time. */
export function Chart({ title, per, times, lines, text }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const colours = useColours();
  const names = lines.map(({ name }) => name).join();
  const data = [times, ...lines.map(({ values }) => values)] as uPlot.AlignedData;

  const isEmpty = lines.every(({ values }) => values.every((value) => !value));

  useEffect(() => {
    const element = place.current;
    if (!element || isEmpty) return;
    const made = new uPlot(optionsOf(element.clientWidth, lines, text), data, element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [names, colours, isEmpty]);
  useEffect(() => chart.current?.setData(data));

  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      {isEmpty && <p class="quiet">Nothing up to the last full {per}.</p>}
      <div ref={place} hidden={isEmpty} />
    </figure>
  );
}

/** Where a value stands between two that are not known: a line would not show it. */
function alone(values: uPlot.AlignedData[number] | undefined): number[] {
  const isKnown = (at: number) => values?.[at] !== undefined && values[at] !== null;
  return [...(values?.keys() ?? [])].filter(
    (at) => isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1),
  );
}

function optionsOf(width: number, lines: Line[], text: (value: number) => string): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--pico-muted-color'),
    grid: { stroke: colour('--pico-muted-border-color'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  };
  return {
    width,
    height,
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(4, (max ?? 1) * 1.1)] } },
    axes: [
      { ...axis, values: timeFormats },
      { ...axis, size: 64, incrs: steps, values: (_, ticks) => ticks.map((tick) => text(tick)) },
    ],
    series: [
      { label: '', value: (_, seconds: number | null) => (seconds ? timeText(seconds) : '') },
      ...lines.map(({ name, colour: its }) => ({
        label: name,
        stroke: colour(its),
        width: 1.5,
        points: { size: 4, filter: ({ data }: uPlot, at: number) => alone(data[at]) },
        // Nothing while the pointer is not on the chart.
        value: (_: uPlot, value: number | null) => (value === null ? '' : text(value)),
      })),
    ],
  };
}
