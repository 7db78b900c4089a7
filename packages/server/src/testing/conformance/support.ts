/** Small helpers of the conformance suite. */

import assert from 'node:assert/strict';
import type { EventBatch } from '../../stores/event-batch.js';
import type { AppendOptions, AppendOutcome, LogStore, NewRun, Store } from '../../stores/store.js';

export const encode = (event: string, data: unknown = null): string =>
  JSON.stringify([event, data]);

/** Appends events named by `names`, as one batch. */
export const append = (
  store: Store,
  thread_id: string,
  names: readonly string[],
  options?: AppendOptions,
): Promise<AppendOutcome> => {
  const events = names.map((name) => encode(name));
  return store.logs.append(thread_id, events, options);
};

export type Appended = Extract<AppendOutcome, { outcome: 'appended' }>;

export function appended(outcome: AppendOutcome): Appended {
  assert.equal(outcome.outcome, 'appended');
  return outcome as Appended;
}

export interface ReadEvent {
  readonly offset: number;
  readonly name: string;
  readonly tag: string;
}

/** The events of a batch with their offsets. */
export const eventsOf = (batch: EventBatch): readonly ReadEvent[] =>
  Array.from({ length: batch.count }, (_, index) => {
    const offset = batch.first + index;
    const text = batch.text(offset, offset);
    return { offset, name: JSON.parse(text)[0], tag: batch.tagAt(offset) };
  });

/** Everything after an offset, read in steps of `maxBytes`. */
export async function readAll(
  logs: LogStore,
  thread_id: string,
  after = 0,
  maxBytes = 1_000_000,
): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for (let position = after; ; ) {
    const { batches } = await logs.read(thread_id, position, { maxBytes });
    if (batches.length === 0) return events;
    for (const batch of batches) {
      for (const event of eventsOf(batch)) if (event.offset > position) events.push(event);
      position = batch.last;
    }
  }
}

export const offsets = (events: readonly ReadEvent[]): readonly number[] =>
  events.map((event) => event.offset);

export const names = (events: readonly ReadEvent[]): readonly string[] =>
  events.map((event) => event.name);

export const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A run as a server opens it. */
export const newRun = (thread_id: string, more: Partial<NewRun> = {}): NewRun => ({
  run_id: `run-${thread_id}`,
  thread_id,
  log_id: thread_id,
  cursor: 'epoch.0.0',
  fingerprint: 'question',
  node: 'node',
  lease_until: 1_700_000_015_000,
  started_at: 1_700_000_000_000,
  ...more,
});
