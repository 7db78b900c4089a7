/**
 * A mark: what an append tells the followers of its log about its trace. It is the `traceparent` of a sampled span, and what
 * the append is to that span's trace: a text of 56 letters, digits and signs, without spaces and commas.
 */

import { isTraceparent } from './traceparent.js';

export type MarkKind =
  /** The whole of what is traced. */
  | 'event'
  /** Its first event. */
  | 'opens'
  /** Its last event. */
  | 'closes';

export interface Mark {
  readonly kind: MarkKind;
  readonly traceparent: string;
}

const SIGNS: Readonly<Record<MarkKind, string>> = { event: '.', opens: '+', closes: '-' };
const KINDS: ReadonlyMap<string, MarkKind> = new Map(
  Object.entries(SIGNS).map(([kind, sign]) => [sign, kind as MarkKind]),
);

/** @param traceparent undefined for what is not sampled */
export const writeMark = (traceparent: string | undefined, kind: MarkKind): string | undefined =>
  traceparent && traceparent + SIGNS[kind];

/** Undefined for a text that is none: a node of a later version may write another form. */
export function readMark(text: string): Mark | undefined {
  const kind = KINDS.get(text.slice(-1));
  const traceparent = text.slice(0, -1);
  return kind && isTraceparent(traceparent) ? { kind, traceparent } : undefined;
}
