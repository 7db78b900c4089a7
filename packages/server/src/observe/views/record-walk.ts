/** Reads many records of a store one part after the other. The event loop has its turn in between. */

import { type Clock, nextTurn } from '../../util/clock.js';

/** Records that are read at a time: some milliseconds of work on Redis, whose shards are read together. */
const RECORDS_PER_TURN = 100;
/** Look-ups in different places of the store that begin at a time. Each may have to wait for the disk. */
const LOOKUPS_PER_TURN = 50;

/** Records in the order of their ids, after an id. */
export type Lister<T> = (after: string, limit: number) => Promise<readonly T[]>;

export interface Walk<T> {
  readonly list: Lister<T>;
  readonly idOf: (record: T) => string;
  readonly clock: Pick<Clock, 'after'>;
  readonly after?: string;
}

/** All records after an id. */
export async function* walk<T>({ list, idOf, clock, after = '' }: Walk<T>): AsyncGenerator<T> {
  for (let last = after; ; ) {
    const records = await list(last, RECORDS_PER_TURN);
    yield* records;
    const newest = records.at(-1);
    if (newest === undefined || records.length < RECORDS_PER_TURN) return;
    last = idOf(newest);
    await nextTurn(clock);
  }
}

/** Looks something up for each item, some at a time. Resolves with the results in the order of the items. */
export async function lookUpEach<T, R>(
  items: readonly T[],
  clock: Pick<Clock, 'after'>,
  lookUp: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let begin = 0; begin < items.length; begin += LOOKUPS_PER_TURN) {
    await nextTurn(clock);
    const part = items.slice(begin, begin + LOOKUPS_PER_TURN);
    results.push(...(await Promise.all(part.map(lookUp))));
  }
  return results;
}
