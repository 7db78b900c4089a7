/** Parsers of requests that read or change the list of threads. */

import type { Result } from '../faults.js';
import { THREAD_LIST_LIMITS } from '../limits.js';
import type { ThreadChange, ThreadMetadata, ThreadPatch, ThreadsQuery } from '../thread-list.js';
import { userId } from './fields.js';
import { parseWith } from './parse-with.js';
import { isRecord, json, object, optional, ParseError, type Parser, text } from './shape.js';

const { maxTitleLength, maxMetadataDepth, maxPage } = THREAD_LIST_LIMITS;

/** The last activity and the id of the last thread of a page. */
const LIST_CURSOR_PATTERN = /^\d{1,16}\.[\w.:-]{1,128}$/;

/** A query has text, a program a number. */
const pageLimit: Parser<number> = (value, path) => {
  const limit = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(limit) && Number(limit) >= 1 && Number(limit) <= maxPage
    ? Number(limit)
    : new ParseError(path, `a whole number from 1 to ${maxPage}`, value);
};

const threadsQuery: Parser<ThreadsQuery> = object({
  user_id: optional(userId),
  cursor: optional(text(LIST_CURSOR_PATTERN, 'the cursor of the page before')),
  limit: optional(pageLimit),
});

export const parseThreadsQuery = (value: unknown): Result<ThreadsQuery> =>
  parseWith(threadsQuery, value);

const titleOrNull: Parser<string | null> = (value, path) =>
  value === null || (typeof value === 'string' && value !== '' && value.length <= maxTitleLength)
    ? value
    : new ParseError(path, `null, or a string of 1 to ${maxTitleLength} characters`, value);

const nestedJson = json(maxMetadataDepth);

/** The server checks the size when it encodes the object. */
const metadata: Parser<ThreadMetadata> = (value, path) =>
  isRecord(value) && !(nestedJson(value, path) instanceof ParseError)
    ? (value as ThreadMetadata)
    : new ParseError(path, `a JSON object, nested at most ${maxMetadataDepth} times`, value);

const ownerOrNull: Parser<string | null> = (value, path) =>
  value === null ? null : userId(value, path);

type Readers<T> = { readonly [K in keyof T]-?: Parser<Exclude<T[K], undefined>> };

/** An object of fields that change something. Here, unlike elsewhere, a null removes the stored value. */
const changes =
  <T extends object>(readers: Readers<T>): Parser<T> =>
  (value, path) => {
    if (!isRecord(value)) return new ParseError(path, 'an object', value);
    const parsed: Record<string, unknown> = {};
    for (const [name, parser] of Object.entries<Parser<unknown>>(readers)) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (given === undefined) continue;
      const field = parser(given, name);
      if (field instanceof ParseError) return field;
      parsed[name] = field;
    }
    return parsed as T;
  };

const patch = { title: titleOrNull, metadata };
const threadPatch = changes<ThreadPatch>(patch);
const threadChange = changes<ThreadChange>({ ...patch, user_id: ownerOrNull });

/** The body of `PATCH /threads/:thread_id`. It may hold nothing to change. */
export const parseThreadPatch = (value: unknown): Result<ThreadPatch> =>
  parseWith(threadPatch, value);

/** What a program changes. */
export const parseThreadChange = (value: unknown): Result<ThreadChange> =>
  parseWith(threadChange, value);
