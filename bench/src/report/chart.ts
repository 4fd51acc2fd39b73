import { BarChart } from 'echarts/charts';
import { GraphicComponent, GridComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { MeasureResult, Results, SubjectResult } from '../results.js';
import { figure } from './figures.js';
import { hardware, persistenceTitle, runCount, software, unitWords } from './wording.js';

use([BarChart, GraphicComponent, GridComponent, TitleComponent, SVGRenderer]);

/** The figures users choose a queue by. */
const charted = ['send', 'send-batch', 'consume', 'consume-one', 'publish', 'latency-p50'];

const width = 880;
const margin = 24;
const headHeight = 82;
const columnGap = 36;
const rowGap = 30;
const panelWidth = (width - 2 * margin - columnGap) / 2;
const panelHeadHeight = 48;
const barPitch = 25;
const valueWidth = 62;
const labelGap = 8;
const widestLabel = 184;
/** Of a character at 12 px; there is no font to measure with where the chart is made. */
const characterWidth = 6.8;

const color = {
  paper: '#ffffff',
  edge: '#d1d9e0',
  text: '#1f2328',
  muted: '#59636e',
  redpost: '#d82c20',
  peer: '#afb8c1',
};
/** Without double quotes, which echarts would put into an attribute as they are. */
const font = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

interface Panel {
  readonly measure: MeasureResult;
  readonly left: number;
  readonly top: number;
  readonly labelWidth: number;
}

/** The measures that the chart shows: the main ones, without persistence, in the chart's order. */
export function chartedMeasures({ measures }: Results): MeasureResult[] {
  return charted.flatMap((name) =>
    measures.filter((measure) => measure.name === name && measure.persistence === 'none'),
  );
}

/**
 * Draws the main figures as an SVG: a panel per measure, a bar per subject from zero. It carries its
 * own light background, so it reads on light and dark pages. Equal results give equal bytes.
 */
export function benchmarksChart(results: Results): string {
  const { panels, height } = laidOut(chartedMeasures(results));
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption(option(results, panels, height));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${withStableIds(svg)}\n`;
}

/** echarts numbers the charts of a process, and each class ever made, in the names it gives. */
function withStableIds(svg: string): string {
  const names = new Map<string, string>();
  return svg.replaceAll(/\bzr\d+-[a-z]+-?\d+/g, (name) => {
    if (!names.has(name)) names.set(name, `redpost-${names.size}`);
    return names.get(name) ?? name;
  });
}

/** Two panels abreast, each pair as high as the one with more bars. */
function laidOut(measures: readonly MeasureResult[]): { panels: Panel[]; height: number } {
  const labelWidth = labelWidthOf(measures);
  const panels: Panel[] = [];
  let top = headHeight;
  for (let at = 0; at < measures.length; at += 2) {
    const pair = measures.slice(at, at + 2);
    pair.forEach((measure, column) => {
      panels.push({ measure, left: margin + column * (panelWidth + columnGap), top, labelWidth });
    });
    const bars = Math.max(...pair.map(({ subjects }) => subjects.length));
    top += panelHeadHeight + bars * barPitch + rowGap;
  }
  return { panels, height: top - rowGap + margin };
}

function labelWidthOf(measures: readonly MeasureResult[]): number {
  const titles = measures.flatMap(({ subjects }) => subjects.map(({ title }) => title.length));
  return Math.min(widestLabel, Math.ceil(Math.max(0, ...titles) * characterWidth));
}

function option(results: Results, panels: readonly Panel[], height: number): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: font },
    graphic: [background(height)],
    title: [pageTitle(results), ...panels.map(panelTitle)],
    grid: panels.map(grid),
    xAxis: panels.map((_, at) => ({
      type: 'value',
      gridIndex: at,
      min: 0,
      max: 'dataMax',
      show: false,
    })),
    yAxis: panels.map(subjectAxis),
    series: panels.map(bars),
  };
}

function background(height: number) {
  return {
    type: 'rect',
    silent: true,
    z: -1,
    shape: { x: 0.5, y: 0.5, width: width - 1, height: height - 1, r: 8 },
    style: { fill: color.paper, stroke: color.edge, lineWidth: 1 },
  };
}

function pageTitle(results: Results) {
  const measures = chartedMeasures(results);
  const runs = measures.length ? [`medians of ${runCount(measures)}`] : [];
  const kind = results.quick ? ['quick'] : [];
  const context = [...runs, ...kind, persistenceTitle.none, ...hardware(results).slice(0, 2)];
  return {
    text: 'redpost beside its peers',
    subtext: [...context, ...software(results).slice(1)].join(' · '),
    left: margin,
    top: 20,
    padding: 0,
    itemGap: 8,
    textStyle: { fontSize: 18, fontWeight: 600, color: color.text },
    subtextStyle: { fontSize: 12, color: color.muted },
  };
}

function panelTitle({ measure, left, top }: Panel) {
  return {
    text: measure.title,
    subtext: unitWords(measure),
    left,
    top,
    padding: 0,
    itemGap: 5,
    textStyle: {
      fontSize: 14,
      fontWeight: 600,
      color: color.text,
      width: panelWidth,
      overflow: 'truncate',
    },
    subtextStyle: { fontSize: 12, color: color.muted },
  };
}

function grid({ measure, left, top, labelWidth }: Panel) {
  return {
    left: left + labelWidth + labelGap,
    top: top + panelHeadHeight - 6,
    width: panelWidth - labelWidth - labelGap - valueWidth,
    height: measure.subjects.length * barPitch,
  };
}

function subjectAxis({ measure, labelWidth }: Panel, at: number) {
  return {
    type: 'category',
    gridIndex: at,
    inverse: true,
    data: measure.subjects.map(({ title }) => title),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      interval: 0,
      width: labelWidth,
      overflow: 'break',
      lineHeight: 12,
      margin: labelGap,
      fontSize: 12,
      color: (_: unknown, subject: number) =>
        measure.subjects[subject]?.name === 'redpost' ? color.redpost : color.text,
    },
  };
}

function bars({ measure }: Panel, at: number) {
  return {
    type: 'bar',
    xAxisIndex: at,
    yAxisIndex: at,
    barWidth: 15,
    silent: true,
    emphasis: { disabled: true },
    data: measure.subjects.map(bar),
  };
}

function bar({ name, median }: SubjectResult) {
  const isRedpost = name === 'redpost';
  return {
    value: median,
    itemStyle: { color: isRedpost ? color.redpost : color.peer, borderRadius: [0, 3, 3, 0] },
    label: {
      show: true,
      position: 'right',
      distance: 6,
      formatter: figure(median),
      fontSize: 12,
      fontWeight: isRedpost ? 600 : 400,
      color: isRedpost ? color.redpost : color.text,
    },
  };
}
