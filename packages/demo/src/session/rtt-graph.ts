/** The round-trip time over the last minute as lines of a graph, broken where there was no connection. Pure. */

/** Milliseconds at regular intervals, oldest first; null while there was no connection. */
export type Samples = readonly (number | null)[];

export interface GraphSize {
  readonly width: number;
  readonly height: number;
  /** Samples that fill the width. */
  readonly capacity: number;
}

export const withSample = (samples: Samples, sample: number | null, capacity: number): Samples =>
  [...samples, sample].slice(-capacity);

export interface Graph {
  /** The `d` of an SVG path. */
  readonly path: string;
  /** What the height stands for, in milliseconds. */
  readonly scaleMs: number;
}

/** Below this the graph would show noise as mountains. */
const SMALLEST_SCALE_MS = 5;

export function graphOf(samples: Samples, { width, height, capacity }: GraphSize): Graph {
  const highest = Math.max(0, ...samples.filter((sample) => sample !== null));
  const scaleMs = roundUp(Math.max(SMALLEST_SCALE_MS, highest));
  const step = width / (capacity - 1);
  const start = width - (samples.length - 1) * step;
  const points = samples.map((sample, index) => {
    if (sample === null) return null;
    return `${round(start + index * step)} ${round(height - (sample / scaleMs) * height)}`;
  });
  const path = points
    .map((point, index) => {
      if (point === null) return '';
      if (points[index - 1]) return `L${point}`;
      // A point between two breaks is a line to nowhere: its round ends are the point.
      return points[index + 1] ? `M${point}` : `M${point}h0`;
    })
    .join('');
  return { path, scaleMs };
}

/** In words, for a screen reader. */
export function describeGraph(samples: Samples): string {
  const now = samples.at(-1) ?? null;
  const known = samples.filter((sample) => sample !== null);
  if (known.length === 0) return 'Round-trip time: not measured yet';
  const current = now === null ? 'no connection now' : `now ${round(now)} ms`;
  return `Round-trip time over the last minute: ${current}, highest ${round(Math.max(...known))} ms`;
}

/** To 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((factor) => factor * power >= value) ?? 10) * power;
}

const round = (value: number): number => Math.round(value * 10) / 10;
