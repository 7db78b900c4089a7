/** A line over time, drawn by uPlot: it sets styles by script, never in markup, so that the page's policy holds. */

import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import { DARK, useMedia } from '../hooks/use-media.js';
import { useWidth } from '../hooks/use-width.js';
import type { Series } from '../model/charts.js';
import { clockTime, NONE } from '../model/format.js';

const HEIGHT = 132;
/** Between two labels of an axis, in pixels. */
const Y_SPACE = 34;
const X_SPACE = 50;

export interface ChartProps {
  readonly name: string;
  readonly series: Series;
  readonly show: (value: number) => string;
  /** The least that the axis shows: figures that stay below it are as good as nothing. */
  readonly least: number;
}

export function Chart({ name, series, show, least }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const range = useRef(series);
  range.current = series;
  const width = useWidth(box);
  const isDark = useMedia(DARK);
  const data = useMemo(
    (): uPlot.AlignedData => [[...series.at], [...series.values]],
    [series.at, series.values],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the data is set below, the colours follow the scheme
  useEffect(() => {
    const element = box.current;
    if (!element || width === 0) return;
    const from = () => range.current.from;
    const to = () => range.current.to;
    const drawn = new uPlot(optionsFor(element, { width, show, least, from, to }), data, element);
    plot.current = drawn;
    return () => {
      drawn.destroy();
      plot.current = null;
    };
  }, [width, isDark, show, least]);

  useEffect(() => plot.current?.setData(data), [data]);

  const values = series.values.filter((value) => value !== null);
  const last = values.at(-1);
  const summary =
    last === undefined
      ? `${name}: no value yet`
      : `${name}: ${show(last)} now, at most ${show(Math.max(...values))}`;
  return (
    <figure className="chart">
      <figcaption>
        <span>{name}</span>
        <span className="chart-now">{last === undefined ? NONE : show(last)}</span>
      </figcaption>
      <div ref={box} className="chart-box" role="img" aria-label={summary} />
    </figure>
  );
}

interface Drawing extends Pick<ChartProps, 'show' | 'least'> {
  readonly width: number;
  /** The ends of the axis of time, in seconds since 1970. */
  readonly from: () => number;
  readonly to: () => number;
}

function optionsFor(
  element: HTMLElement,
  { width, show, least, from, to }: Drawing,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { range: () => [from(), to()] },
      y: { range: (_plot, _min, max) => [0, Math.max(least, (max ?? 0) * 1.15)] },
    },
    axes: [
      {
        ...axis,
        size: 22,
        space: X_SPACE,
        grid: { show: false },
        values: (_plot, at) => at.map((each) => timeOf(each, at)),
      },
      { ...axis, size: 56, space: Y_SPACE, values: (_plot, values) => labelsOf(values, show) },
    ],
    series: [
      {},
      { stroke: colour('--accent'), fill: colour('--accent-soft'), width: 1.5, points: DOTS },
    ],
  };
}

/** A value without one beside it has no line: it is a dot. */
const DOTS: uPlot.Series.Points = {
  size: 4,
  filter: (plot, index) => {
    const values = Array.from(plot.data[index] ?? []);
    return values.flatMap((value, at) => {
      const isAlone = (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
      return (value ?? null) !== null && isAlone ? [at] : [];
    });
  },
};

/** Two labels that read the same would look like a mistake: the second one is left out. */
function labelsOf(values: readonly number[], show: (value: number) => string): string[] {
  const labels = values.map(show);
  return labels.map((label, index) => (label === labels[index - 1] ? '' : label));
}

/** Where the labels of an axis are less than a minute apart, they have seconds. */
function timeOf(at: number, all: readonly number[]): string {
  const [first = 0, second = Number.POSITIVE_INFINITY] = all;
  const time = clockTime(at * 1_000);
  return time.slice(0, second - first < 60 ? 8 : 5);
}
