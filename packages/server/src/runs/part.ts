/** Checks what a responder yields: a responder is foreign code (I11). */

import type { Json } from '@session-monitor/protocol';
import { BAD_PART, eventOfPart, PART_TYPES, type RunNames } from '@session-monitor/protocol/rules';
import { ResponderError } from '../responders/responder.js';
import { encodeEvent } from '../threads/publish.js';
import { asError } from '../util/errors.js';

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
  const event = eventOfPart(type);
  if (event === undefined) {
    const types = PART_TYPES.join(', ');
    throw badPart(
      new TypeError(`A responder yielded a part of type ${describe(type)}. Known are: ${types}.`),
    );
  }
  try {
    return encodeEvent(event, { ...part, ...names });
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
  new ResponderError(BAD_PART.code, BAD_PART.message, { cause });
