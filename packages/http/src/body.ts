/**
 * The JSON body of a request, whether a parser of the app's has read it before or not.
 *
 * Until `authorize` has admitted its sender a body costs one pass over a bounded text: it is bounded in bytes and in depth
 * before it is parsed, and a route that asks `authorize` about a field of it gets that field first.
 */

import type { IncomingMessage } from 'node:http';
import { LIMITS, ok, type Result } from '@session-monitor/protocol';
import type { Clock } from '@session-monitor/server/internal';
import { parse, scan } from 'secure-json-parse';
import type { HttpFault } from './answer.js';
import { type Fields, pickFields } from './pick-fields.js';

export type BodyResult<T> =
  | Extract<Result<T>, { ok: true }>
  | { readonly ok: false; readonly fault: HttpFault };

/** What body parsers put on a request: an object, or the text or bytes that they have read. */
type ParsedRequest = IncomingMessage & { readonly body?: unknown };

/** A character takes one UTF-16 unit or two, and JSON may write each unit as an escape of six bytes. */
export const BYTES_PER_UNIT = 6;
/** Room for the other fields of a body: names, ids, flags. */
export const BODY_FIELDS_BYTES = 4 * 1024;

/** An event in a body is nested as deep as an event may be, and the body around it is one level more. */
const MAX_DEPTH = LIMITS.maxEventDepth + 1;

/** How a server waits for bodies. */
export interface BodyWait {
  readonly clock: Pick<Clock, 'after'>;
  /** How long a client may take to send one, from when it is read. */
  readonly timeoutMs: number;
  /** Does what costs time, when it is the request's turn. */
  readonly inTurn: (work: () => void) => void;
}

export interface BodyOptions {
  readonly maxBytes: number;
  /** Fields that are needed before the body is parsed. */
  readonly pick?: readonly string[];
}

/** A body that has come. */
export interface JsonBody {
  readonly picked: Fields;
  /** Parses it. A picked field keeps its value: what `authorize` was asked about is what is done. */
  parse<T>(parseJson: (value: unknown) => Result<T>): BodyResult<T>;
}

/**
 * Reads the body of a request as JSON.
 *
 * Refuses `unsupported_media_type` for a body that is not called JSON, `too_large` for one that is too large or too
 * deep, `request_timeout` for one that does not come in time, `bad_request` for what is no JSON object, and
 * `body_consumed` if something has read the body and left nothing of it.
 */
export async function readBody(
  request: ParsedRequest,
  options: BodyOptions,
  wait: BodyWait,
): Promise<BodyResult<JsonBody>> {
  // Before everything else: browsers let any page send what is not called JSON.
  if (!isJson(request)) return refused(mediaTypeFault);
  const { body } = request;
  if (typeof body === 'string') return ofText(body, options);
  if (body instanceof Uint8Array) return ofText(Buffer.from(body).toString(), options);
  if (body !== undefined) return ok(new ParsedBody(body, options));
  if (request.readableDidRead || request.readableEnded) return refused(consumedFault);
  const text = await inTime(readText(request, options.maxBytes), wait);
  if (text === LATE) return refused(lateFault(wait));
  if (text === undefined) return refused(tooLargeFault(options));
  return new Promise((resolve) => wait.inTurn(() => resolve(ofText(text, options))));
}

const LATE = Symbol('late');

/** A client that sends a byte now and then would hold its connection, and what it has sent, for as long as it likes. */
function inTime<T>(reading: Promise<T>, { timeoutMs, clock }: BodyWait): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => resolve(LATE));
    reading.finally(cancel).then(resolve, reject);
  });
}

const isJson = ({ headers }: IncomingMessage): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '');

/** Resolves with undefined as soon as there is too much. Rejects if the request is cut off. */
async function readText(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not ended with the loop: the answer goes over the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function ofText(given: string, options: BodyOptions): BodyResult<JsonBody> {
  if (Buffer.byteLength(given) > options.maxBytes) return refused(tooLargeFault(options));
  // A byte order mark, with which some programs begin a text.
  const text = given.startsWith('\ufeff') ? given.slice(1) : given;
  if (text.trim() === '') return refused(badRequest('The body is empty. Send JSON.'));
  const picked = pickFields(text, options.pick ?? [], MAX_DEPTH);
  if (picked.kind === 'too_deep') return refused(tooDeepFault);
  if (picked.kind === 'malformed') return refused(invalidFault);
  return ok(new TextBody(text, picked.fields));
}

class TextBody implements JsonBody {
  readonly picked: Fields;
  readonly #text: string;

  constructor(text: string, picked: Fields) {
    this.#text = text;
    this.picked = picked;
  }

  parse<T>(parseJson: (value: unknown) => Result<T>): BodyResult<T> {
    let value: object;
    try {
      value = parse(this.#text);
    } catch {
      return refused(invalidFault);
    }
    return parseJson({ ...value, ...this.picked });
  }
}

/** Another parser has parsed it. */
class ParsedBody implements JsonBody {
  readonly picked: Fields;
  readonly #value: unknown;

  constructor(value: unknown, { pick = [] }: BodyOptions) {
    this.#value = value;
    const has = (name: string) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    const fields = value as Fields;
    this.picked = Object.fromEntries(pick.filter(has).map((name) => [name, fields[name]]));
  }

  parse<T>(parseJson: (value: unknown) => Result<T>): BodyResult<T> {
    try {
      // It may carry keys that change prototypes.
      if (typeof this.#value === 'object' && this.#value !== null) scan(this.#value);
    } catch {
      return refused(invalidFault);
    }
    return parseJson(this.#value);
  }
}

const refused = (fault: HttpFault) => ({ ok: false, fault }) as const;
const badRequest = (message: string): HttpFault => ({ code: 'bad_request', message });

const invalidFault = badRequest('The body is not a valid JSON object.');

const tooLargeFault = ({ maxBytes }: BodyOptions): HttpFault => ({
  code: 'too_large',
  message: `The body is larger than ${maxBytes} bytes. Send less at a time.`,
});

const tooDeepFault: HttpFault = {
  code: 'too_large',
  message: `The body is nested more than ${MAX_DEPTH} deep. Send it flatter, or as a text.`,
};

const lateFault = ({ timeoutMs }: BodyWait): HttpFault => ({
  code: 'request_timeout',
  message: `The body has not come within ${timeoutMs} ms. Send it again, on another connection.`,
});

const mediaTypeFault: HttpFault = {
  code: 'unsupported_media_type',
  message: "Send the body as JSON, with 'Content-Type: application/json'.",
};

const consumedFault: HttpFault = {
  code: 'body_consumed',
  message:
    'Something before this handler has read the body and left none. Mount the handler before it, or use a parser ' +
    'that sets req.body, such as express.json().',
};
