/** The checker's input: the final log, the acknowledgements, and each client's history. */

import { crc32 } from 'node:zlib';

/** An event as text, `["name",data]`, as in the log and as a client received it. */
export const encode = (event: string, data: unknown): string => JSON.stringify([event, data]);

/** Represents an event's text in a history. */
export const hashOf = (text: string): number => crc32(text);

/**
 * The compacted event of the deltas of an ended reply: the first one's data, and the text of all. Undefined for
 * events that are not deltas of one reply.
 */
export function wholeOf(texts: readonly string[]): string | undefined {
  const deltas = texts.map((text): readonly [string, Delta] => JSON.parse(text));
  const [first] = deltas;
  if (!first) return undefined;
  const [event, data] = first;
  const same = deltas.every(([name, { run_id }]) => name === event && run_id === data.run_id);
  return same
    ? encode(event, { ...data, delta: deltas.map(([, { delta }]) => delta).join('') })
    : undefined;
}

interface Delta {
  readonly run_id?: string;
  readonly delta?: string;
}

/** The events of a thread by offset, from 1. */
export type Log = readonly string[];

/** An event that a publisher has posted, in its order. */
export interface Publication {
  readonly thread_id: string;
  readonly publisher: string;
  readonly message_id: string;
  /** The acknowledged offset; null if it was never acknowledged. */
  readonly offset: number | null;
}

/** A line of a client's history. `at` is milliseconds since the run began. */
export type Line =
  /** A page is opened; the app has kept its state up to this offset. */
  | readonly ['page', at: number, kept: number]
  /** `span` is the number of events that it represents (1); `offset` is the last one's. */
  | readonly ['applied', at: number, offset: number, hash: number, span?: number]
  | readonly ['receipt', at: number, outcome: string, from: number, reason: string]
  | readonly ['gap', at: number, from: number, to: number]
  | readonly ['reset', at: number, from: number, reason: string]
  | readonly ['error', at: number, text: string]
  /** The monitor has given up. */
  | readonly ['failed', at: number, text: string]
  /** At the end: how many events the socket's own listeners received, and how many the monitor's. */
  | readonly ['end', at: number, bySocket: number, byMonitor: number];

export interface History {
  readonly client: string;
  readonly thread_id: string;
  readonly lines: readonly Line[];
}

export const VIOLATION_KINDS = [
  /** A client lacks an event that is in the log. */
  'lost',
  /** A client applied an event twice. */
  'duplicated',
  /** A client applied an event after a later one. */
  'out_of_order',
  /** A client applied an event that is not in the log, or not at this offset. */
  'invented',
  /** A gap or a reset was announced where nothing had been trimmed or erased. */
  'announced',
  /** The socket's listeners and the monitor's did not receive the same. */
  'unequal',
  /** A client gave up, or was not at the end of the log in time. */
  'stuck',
  /** An acknowledged event is not in the log, or not at the acknowledged offset. */
  'forgotten',
  /** A message id is in the log more than once. */
  'repeated',
  /** A publisher's events are not in its order. */
  'disordered',
  /** A run has no terminal event, more than one, or something after it. */
  'run',
  /** The server ended, did not end or did not start as it should. */
  'server',
] as const;
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly thread_id?: string;
  readonly client?: string;
  readonly what: string;
  /** The client's history around it. */
  readonly around?: readonly Line[];
}
