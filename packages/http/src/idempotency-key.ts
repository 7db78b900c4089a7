/** The header by which HTTP knows a message id (draft-ietf-httpapi-idempotency-key-header). */

import type { IncomingHttpHeaders } from 'node:http';
import { fault, MESSAGE_ID_PATTERN, ok, type Result, refused } from '@session-monitor/protocol';

/**
 * The message id of a request: the body's, or the header's, which may stand in quotes. Refuses two that
 * differ, and a header that is no message id.
 */
export function messageIdOf(
  headers: IncomingHttpHeaders,
  inBody: string | undefined,
): Result<string | undefined> {
  const header = headers['idempotency-key'];
  if (header === undefined) return ok(inBody);
  const given = String(header).trim();
  const inHeader = /^"(.*)"$/.exec(given)?.[1] ?? given;
  if (!MESSAGE_ID_PATTERN.test(inHeader)) {
    return refused(parseError('must be 1 to 128 printable ASCII characters, no spaces'));
  }
  if (inBody === undefined || inBody === inHeader) return ok(inHeader);
  return refused(parseError("differs from the body's 'message_id'. Send one of them"));
}

const parseError = (what: string) =>
  fault('bad_request', `The header 'Idempotency-Key' ${what}.`, { field: 'message_id' });
