/** What a server reads from a v1 client, and how it distinguishes the dialects. */

import type { Result } from '../faults.js';
import { LIMITS } from '../limits.js';
import { CLIENT_EVENTS } from '../names.js';
import { clientInfo, threadId, userId } from '../parse/fields.js';
import { parseWith } from '../parse/parse-with.js';
import { isRecord, object, optional, type Parser, textUpTo } from '../parse/shape.js';
import type {
  SystemPingResponse,
  V1Ping,
  V1RegisterSession,
  V1ThreadReference,
} from './messages.js';

/** A time as v1 peers write it: mostly ISO 8601, shown and never computed with. */
const timestamp = textUpTo(LIMITS.maxTimestampLength);

const registerSession: Parser<V1RegisterSession> = object({
  thread_id: threadId,
  user_id: optional(userId),
});

const pingFields: Parser<V1Ping> = object({
  thread_id: optional(threadId),
  timestamp: optional(timestamp),
  client_info: optional(clientInfo),
});

/** Every field may be left out, and so may the payload. */
const ping: Parser<V1Ping> = (value, path) => pingFields(value ?? {}, path);

const threadReference: Parser<V1ThreadReference> = object({ thread_id: threadId });

const systemPingResponse: Parser<SystemPingResponse> = object({
  thread_id: threadId,
  timestamp,
  received_at: timestamp,
});

export const parseV1RegisterSession = (value: unknown): Result<V1RegisterSession> =>
  parseWith(registerSession, value);
export const parseV1Ping = (value: unknown): Result<V1Ping> => parseWith(ping, value);
export const parseV1ThreadReference = (value: unknown): Result<V1ThreadReference> =>
  parseWith(threadReference, value);
export const parseSystemPingResponse = (value: unknown): Result<SystemPingResponse> =>
  parseWith(systemPingResponse, value);

/** The field that only the v2 form of an event has, for the two events that both dialects have. */
const V2_FIELD: Readonly<Record<string, string>> = {
  [CLIENT_EVENTS.registerSession]: 'protocol',
  [CLIENT_EVENTS.ping]: 'session_id',
};

/** Whether a payload of `register_session` or `ping` is of v2; what is neither counts as v1. */
export function isV2Payload(event: string, payload: unknown): boolean {
  const field = Object.hasOwn(V2_FIELD, event) ? V2_FIELD[event] : undefined;
  return field !== undefined && isRecord(payload) && Object.hasOwn(payload, field);
}
