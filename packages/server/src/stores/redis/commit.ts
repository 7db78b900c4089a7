/** One log's part of a commit: its pieces, and the outcome of each from the script's answer. */

import { EventBatch } from '../event-batch.js';
import type { AppendOutcome } from '../store.js';
import type { PendingAppend } from './pending-append.js';
import type { Answer } from './redis-client.js';
import { textOf } from './replies.js';
import { type EntryPlace, ownerOf } from './thread-places.js';

export interface Commit {
  readonly log_id: string;
  readonly appends: readonly PendingAppend[];
  /** The events of each, encoded; their offsets are not known yet. */
  readonly encoded: readonly EventBatch[];
  readonly tag: string;
  readonly at: number;
  readonly keys: readonly string[];
  /** The arguments of a first or a repeated attempt. A repeated attempt finds what an earlier one wrote. */
  readonly args: (again: boolean) => readonly (string | number)[];
}

/** The outcomes of a commit's pieces. */
export interface Written {
  readonly commit: Commit;
  readonly epoch: string;
  readonly outcomes: readonly AppendOutcome[];
  /** The appended events; undefined if there are none. */
  readonly batch: EventBatch | undefined;
  readonly advance: {
    readonly holds: boolean;
    readonly before: { readonly offset: number; readonly tag: string };
    readonly base: number;
    readonly baseTag: string;
  };
  readonly created: boolean;
  /** The thread's place in the list, if it may have changed. */
  readonly place: EntryPlace | undefined;
}

/** The number of values that an answer begins with. Three values for each piece follow. */
const ANSWER_HEAD = 10;

/** Empty if the commit failed or its outcome is unknown. Its appends are settled then. */
export function readAnswer(commit: Commit, answer: Answer | undefined): readonly Written[] {
  if (answer?.kind === 'failed') {
    for (const append of commit.appends) append.fail(answer.error);
    return [];
  }
  const reply = answer?.kind === 'reply' ? textOf(answer.reply).split(' ') : [];
  if (reply.length < ANSWER_HEAD) {
    const cause =
      answer?.kind === 'uncertain' ? answer.cause : new Error('The log changed between attempts');
    settleAll(commit, { outcome: 'unknown', cause });
    return [];
  }
  const [
    epoch = '',
    before,
    ,
    bytes,
    holds,
    durable,
    durableTag = '',
    base,
    baseTag = '',
    created,
  ] = reply;
  const outcomes = commit.appends.map((_, index) => {
    const at = ANSWER_HEAD + index * 3;
    return outcomeOf(Number(reply[at]), epoch, Number(reply[at + 1]), Number(reply[at + 2]));
  });
  return [
    {
      commit,
      epoch,
      outcomes,
      batch: batchOf(commit, outcomes, Number(before) + 1, Number(bytes)),
      advance: {
        holds: holds === '1',
        before: { offset: Number(durable), tag: durableTag },
        base: Number(base),
        baseTag,
      },
      created: created === '1',
      place: placeOf(commit, reply),
    },
  ];
}

/** The answer to a repeated attempt has the place of every thread that is in the list. */
function placeOf({ log_id, appends }: Commit, reply: readonly string[]): EntryPlace | undefined {
  if (!appends.some(({ touch }) => touch)) return undefined;
  const at = ANSWER_HEAD + appends.length * 3;
  const last_activity = reply[at];
  if (last_activity === undefined) return undefined;
  return { thread_id: log_id, last_activity: Number(last_activity), owner: ownerOf(reply[at + 1]) };
}

function outcomeOf(code: number, epoch: string, first: number, last: number): AppendOutcome {
  if (code === 0) return { outcome: 'appended', epoch, first, last };
  return code === 1 ? { outcome: 'duplicate', epoch, first, last } : { outcome: 'fenced' };
}

/** How long each event is, separated by commas. */
export function lengthsOf({ ends }: EventBatch): string {
  let lengths = '';
  let start = 0;
  for (const end of ends) {
    lengths += start === 0 ? end : `,${end - start}`;
    start = end + 1;
  }
  return lengths;
}

function batchOf(
  { appends, encoded, tag, at }: Commit,
  outcomes: readonly AppendOutcome[],
  first: number,
  precedingBytes: number,
): EventBatch | undefined {
  const isAppended = (_: unknown, index: number) => outcomes[index]?.outcome === 'appended';
  const [only, ...others] = encoded.filter(isAppended);
  if (!only) return undefined;
  if (others.length === 0) {
    const { source: payload, ends, size } = only;
    const cumulativeBytes = precedingBytes + size;
    return new EventBatch({ first, tag, at, cumulativeBytes, payload, ends });
  }
  const events = appends.filter(isAppended).flatMap((append) => append.events);
  return EventBatch.of(events, { first, tag, at, precedingBytes });
}

/** One answer for all pieces. */
export function settleAll({ appends }: Commit, outcome: AppendOutcome): void {
  for (const append of appends) append.settle(outcome);
}
