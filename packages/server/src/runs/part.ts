/** Checks what a responder yields: a responder is foreign code (I11). */

import { type Json, RUN_EVENTS } from '@session-monitor/protocol';
import { type Part, ResponderError } from '../responders/responder.js';
import { encodeEvent } from '../threads/publish.js';
import { asError } from '../util/errors.js';

const EVENT_OF_PART: Readonly<Record<Part['type'], string>> = {
  analysis: RUN_EVENTS.analysis,
  knowledge: RUN_EVENTS.knowledge,
  next_action: RUN_EVENTS.nextAction,
  message: RUN_EVENTS.message,
};

/** The ids that every part of a run carries. */
export interface RunNames {
  readonly run_id: string;
  readonly thread_id: string;
}

/**
 * Encodes a part as its event.
 *
 * @throws ResponderError `bad_part`
 */
export function encodePart(part: unknown, names: RunNames): string {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) {
    throw badPart(new TypeError(`A responder yielded ${describe(part)}, not an object.`));
  }
  const { type } = part as { readonly type?: unknown };
  const known = typeof type === 'string' && Object.hasOwn(EVENT_OF_PART, type);
  if (!known) {
    const types = Object.keys(EVENT_OF_PART).join(', ');
    throw badPart(
      new TypeError(`A responder yielded a part of type ${describe(type)}. Known are: ${types}.`),
    );
  }
  try {
    return encodeEvent(EVENT_OF_PART[type as Part['type']], { ...part, ...names });
  } catch (error) {
    throw badPart(asError(error));
  }
}

/** The responder's report of the reply's cost; undefined unless it is a small JSON object. */
export function readUsage(summary: unknown): Json | undefined {
  const usage = (summary as { readonly usage?: unknown } | null | undefined)?.usage;
  if (typeof usage !== 'object' || usage === null) return undefined;
  try {
    const text = JSON.stringify(usage);
    return text.length > MAX_USAGE_LENGTH ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}

/** Room for a dozen numbers. */
const MAX_USAGE_LENGTH = 4_096;

const describe = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeof value;

const badPart = (cause: Error): ResponderError =>
  new ResponderError('bad_part', 'The reply could not be understood.', { cause });
