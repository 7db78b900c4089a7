/** Compares the figures of an attack with its bounds. */

export type Figures = Readonly<Record<string, number>>;

export interface Bounds {
  /** By figure: the largest value that is allowed. */
  readonly most?: Figures;
  /** By figure: the smallest. */
  readonly least?: Figures;
}

/** What holds in every scenario: the server survives, and the healthy user loses and misorders nothing. */
export const ALWAYS: Bounds = {
  most: { rejections: 0, internalErrors: 0, lost: 0, outOfOrder: 0, healthyRefused: 0 },
  least: { samePid: 1 },
};

/** The bounds that are broken, one line each. A figure that was not measured breaks its bound. */
export function brokenBounds(figures: Figures, bounds: Bounds): readonly string[] {
  const most = Object.entries(bounds.most ?? {})
    .filter(([name, bound]) => !((figures[name] ?? Number.NaN) <= bound))
    .map(([name, bound]) => `${name} is ${shown(figures[name])}, at most ${bound} is allowed`);
  const least = Object.entries(bounds.least ?? {})
    .filter(([name, bound]) => !((figures[name] ?? Number.NaN) >= bound))
    .map(([name, bound]) => `${name} is ${shown(figures[name])}, at least ${bound} is expected`);
  return [...most, ...least];
}

const shown = (value: number | undefined): string =>
  value === undefined ? 'not measured' : String(Math.round(value * 100) / 100);
