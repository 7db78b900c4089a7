/** A line over time, drawn by uPlot: it sets styles by script, never in markup, so that the page's policy holds. */

import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import { DARK, useMedia } from '../hooks/use-media.js';
import { useWidth } from '../hooks/use-width.js';
import type { Series } from '../model/charts.js';
import { clockTime, NONE } from '../model/format.js';

const HEIGHT = 132;

export interface ChartProps {
  readonly name: string;
  readonly series: Series;
  readonly show: (value: number) => string;
}

export function Chart({ name, series, show }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
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
    const drawn = new uPlot(optionsFor(element, width, show), data, element);
    plot.current = drawn;
    return () => {
      drawn.destroy();
      plot.current = null;
    };
  }, [width, isDark, show]);

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

function optionsFor(
  element: HTMLElement,
  width: number,
  show: (value: number) => string,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const grid = { stroke: colour('--line'), width: 1 };
  const axis = {
    stroke: colour('--muted'),
    grid,
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 22,
        space: 76,
        grid: { show: false },
        values: (_plot, at) => at.map((each) => timeOf(each, at)),
      },
      { ...axis, size: 56, space: 30, values: (_plot, values) => values.map(show) },
    ],
    series: [
      {},
      {
        stroke: colour('--accent'),
        fill: colour('--accent-soft'),
        width: 1.5,
        points: { show: false },
      },
    ],
  };
}

/** Where the labels of an axis are less than a minute apart, they have seconds. */
function timeOf(at: number, all: readonly number[]): string {
  const [first = 0, second = Number.POSITIVE_INFINITY] = all;
  const time = clockTime(at * 1_000);
  return time.slice(0, second - first < 60 ? 8 : 5);
}
