/** One log's part of a commit: its pieces, and the outcome of each from the script's answer. */

import { EventBatch } from '../event-batch.js';
import type { AppendOutcome, ThreadHead } from '../store.js';
import type { PendingAppend } from './pending-append.js';
import type { Answer } from './redis-client.js';
import { textOf } from './replies.js';
import type { ScriptArgs } from './script.js';
import { type EntryPlace, ownerOf } from './thread-places.js';

export interface Commit {
  readonly log_id: string;
  readonly appends: readonly PendingAppend[];
  /** The events of each, encoded; their offsets are not known yet. */
  readonly encoded: readonly EventBatch[];
  readonly tag: string;
  readonly at: number;
  /** The durable head that this node knew when it sent this. */
  readonly knownAtRequest: ThreadHead | undefined;
  readonly keys: readonly string[];
  readonly args: ScriptArgs;
  readonly pieces: readonly ScriptArgs[];
}

/** The outcomes of a commit's pieces. */
export interface Written {
  readonly commit: Commit;
  readonly epoch: string;
  /** The tag of the appended events: not the commit's, if a repeated attempt appended them. */
  readonly tag: string;
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

/** Empty if the commit failed or its outcome is unknown. Its appends are settled then. */
export function readAnswer(commit: Commit, answer: Answer | undefined): readonly Written[] {
  if (answer?.kind === 'failed') {
    for (const append of commit.appends) append.fail(answer.error);
    return [];
  }
  const fields = answer?.kind === 'reply' ? namedValues(textOf(answer.reply)) : undefined;
  const epoch = fields?.get('epoch');
  if (!fields || epoch === undefined) {
    const cause =
      answer?.kind === 'uncertain' ? answer.cause : new Error('The log changed between attempts');
    settleAll(commit, { outcome: 'unknown', cause });
    return [];
  }
  const number = (name: string) => Number(fields.get(name));
  const tag = fields.get('batch_tag') ?? commit.tag;
  const outcomes = (fields.get('pieces') ?? '').split(',').map((piece) => outcomeOf(piece, epoch));
  return [
    {
      commit,
      epoch,
      tag,
      outcomes,
      batch: batchOf(commit, tag, outcomes, number('before') + 1, number('bytes')),
      advance: {
        holds: number('holds') === 1,
        before: { offset: number('offset'), tag: fields.get('tag') ?? '' },
        base: number('base'),
        baseTag: fields.get('base_tag') ?? '',
      },
      created: number('created') === 1,
      place: placeOf(commit, fields),
    },
  ];
}

/** Reads `NAME=VALUE NAME=VALUE …`. No value holds a space. */
function namedValues(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const each of text.split(' ')) {
    const sign = each.indexOf('=');
    if (sign > 0) values.set(each.slice(0, sign), each.slice(sign + 1));
  }
  return values;
}

/** The answer to a repeated attempt has the place of every thread that is in the list. */
function placeOf(
  { log_id, appends }: Commit,
  fields: ReadonlyMap<string, string>,
): EntryPlace | undefined {
  const last_activity = fields.get('activity');
  if (last_activity === undefined || !appends.some(({ touch }) => touch)) return undefined;
  return {
    thread_id: log_id,
    last_activity: Number(last_activity),
    owner: ownerOf(fields.get('owner')),
  };
}

/** @param piece CODE:FIRST:LAST */
function outcomeOf(piece: string, epoch: string): AppendOutcome {
  const [code, first, last] = piece.split(':').map(Number);
  const range = { epoch, first: first ?? 0, last: last ?? 0 };
  if (code === 0) return { outcome: 'appended', ...range };
  return code === 1 ? { outcome: 'duplicate', ...range } : { outcome: 'fenced' };
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
  { appends, encoded, at }: Commit,
  tag: string,
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
