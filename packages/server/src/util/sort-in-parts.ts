/** Sorts and merges long lists in steps, so that other work has its turn in between. Pure. */

import type { Order } from './first-items.js';
import type { Steps } from './paced-work.js';

/** Items that are sorted at once: some tenths of a millisecond. */
const RUN = 256;
/** Items that are looked at between two steps. */
const ITEMS_PER_STEP = 64;

/** The items in order. The order of equal ones is kept. */
export function* sortInParts<T>(items: readonly T[], order: Order<T>): Steps<readonly T[]> {
  let runs: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += RUN) {
    runs.push(items.slice(from, from + RUN).sort(order));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly T[])[] = [];
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(yield* mergeInParts(runs[index] ?? [], runs[index + 1] ?? [], order));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Two lists that are in order, as one. Of equal items those of the first come first. */
export function* mergeInParts<T>(
  first: readonly T[],
  second: readonly T[],
  order: Order<T>,
): Steps<readonly T[]> {
  if (second.length === 0) return first;
  const merged: T[] = [];
  let at = 0;
  for (const item of second) {
    for (let next = first[at]; next !== undefined && order(next, item) <= 0; next = first[at]) {
      merged.push(next);
      at += 1;
      if (merged.length % ITEMS_PER_STEP === 0) yield;
    }
    merged.push(item);
    if (merged.length % ITEMS_PER_STEP === 0) yield;
  }
  return at === first.length ? merged : merged.concat(first.slice(at));
}

/** The items that fit. */
export function* filterInParts<T>(
  items: Iterable<T>,
  fits: (item: T) => boolean,
): Steps<readonly T[]> {
  const fitting: T[] = [];
  let seen = 0;
  for (const item of items) {
    if (fits(item)) fitting.push(item);
    seen += 1;
    if (seen % ITEMS_PER_STEP === 0) yield;
  }
  return fitting;
}
