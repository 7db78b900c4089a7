/** What `/metrics` says, as numbers by series. */

import { expect } from 'vitest';

/** Values by series, without the prefix: `connections_total{transport="polling"}`. */
export type Series = ReadonlyMap<string, number>;

const PREFIX = 'session_monitor_';

/** @param headers may hold the key */
export async function scrape(url: string, headers: Record<string, string> = {}): Promise<Series> {
  const response = await fetch(`${url}/metrics`, { headers });
  expect([url, response.status]).toEqual([url, 200]);
  return seriesIn(await response.text());
}

export function seriesIn(text: string): Series {
  const lines = text.split('\n').filter((line) => line.startsWith(PREFIX));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(PREFIX.length, space), Number(line.slice(space + 1))];
    }),
  );
}

/** How much each of the named series is more than it was. */
export function growth(before: Series, after: Series, names: readonly string[]) {
  return Object.fromEntries(
    names.map((name) => [name, (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN)]),
  );
}

export const pick = (series: Series, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, series.get(name)]));
