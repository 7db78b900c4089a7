/** What a client reads from a v1 backend. Backends differ, so these parsers require as little as possible. */

import { EVENT_NAME_PATTERN } from '../limits.js';
import type { Json } from '../messages.js';
import { isReservedEvent, RUN_EVENTS } from '../names.js';
import { known, short } from '../parse/server-messages.js';
import { isRecord, list, object, optional, type Parser } from '../parse/shape.js';
import type { V1MissedMessages } from './messages.js';

/** What matters of a `session_registered`. */
export interface V1Registered {
  readonly thread_id?: string;
  readonly session_id?: string;
}

export const readV1SessionRegistered = known<V1Registered>(
  object({ thread_id: optional(short), session_id: optional(short) }),
);

/** Already JSON: Socket.IO's parser passes nothing else, except binary data. */
const json: Parser<Json> = (value) => value as Json;

export const readV1MissedMessages = known<V1MissedMessages>(
  object({ thread_id: optional(short), messages: list(json) }),
);

/** Whether an answer to a registration claims to be of v2: a receipt, readable or not, or a refusal. */
export function isV2Answer(answer: unknown): boolean {
  if (!isRecord(answer)) return false;
  return answer.protocol === 2 || (answer.ok === false && isRecord(answer.error));
}

/**
 * The event as which a missed message is handed on: the one that its `type` names, `analysis_update` if
 * it names none. A part's type names the event that the part becomes.
 */
export function eventOfMissedMessage(message: Json): string {
  const type = isRecord(message) ? message.type : undefined;
  if (typeof type !== 'string' || type === 'analysis') return RUN_EVENTS.analysis;
  return EVENT_NAME_PATTERN.test(type) && !isReservedEvent(type) ? type : RUN_EVENTS.analysis;
}
