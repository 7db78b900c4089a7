/** The JSON body of a request, whether a parser of the app's has read it before or not. */

import type { IncomingMessage } from 'node:http';
import { ok, type Result } from '@session-monitor/protocol';
import { parse, scan } from 'secure-json-parse';
import type { HttpFault } from './answer.js';

type BodyResult<T = unknown> =
  | Extract<Result<T>, { ok: true }>
  | { readonly ok: false; readonly fault: HttpFault };

/** What body parsers put on a request: an object, or the text or bytes that they have read. */
type ParsedRequest = IncomingMessage & { readonly body?: unknown };

/** A message, an answer or a page of a log is far smaller. */
const MAX_BYTES = 256 * 1024;

/**
 * Reads the body as JSON, and parses that.
 *
 * Refuses `unsupported_media_type` for a body that is not called JSON, `too_large` for a large one,
 * `bad_request` for what is no JSON, and `body_consumed` if something has read the body and left nothing of it.
 */
export async function readJson<T>(
  request: IncomingMessage,
  parseJson: (value: unknown) => Result<T>,
): Promise<BodyResult<T>> {
  const body = await readBody(request);
  return body.ok ? parseJson(body.value) : body;
}

async function readBody(request: ParsedRequest): Promise<BodyResult> {
  // Before everything else: browsers let any page send what is not called JSON.
  if (!isJson(request)) return refused(mediaTypeFault);
  const { body } = request;
  if (typeof body === 'string' || body instanceof Uint8Array) return parsed(String(body));
  if (body !== undefined) return screened(body);
  if (request.readableDidRead || request.readableEnded) return refused(consumedFault);
  const text = await readText(request);
  return text === undefined ? refused(tooLargeFault) : parsed(text);
}

const isJson = ({ headers }: IncomingMessage): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '');

/** Resolves with undefined as soon as there is too much. Rejects if the request is cut off. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not ended with the loop: the answer goes over the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): BodyResult {
  if (text.trim() === '') return refused(badRequest('The body is empty. Send JSON.'));
  try {
    return ok(parse(text));
  } catch {
    return refused(invalidFault);
  }
}

/** What another parser has parsed may carry keys that change prototypes. */
function screened(body: unknown): BodyResult {
  try {
    if (typeof body === 'object' && body !== null) scan(body);
    return ok(body);
  } catch {
    return refused(invalidFault);
  }
}

const refused = (fault: HttpFault): BodyResult => ({ ok: false, fault });
const badRequest = (message: string): HttpFault => ({ code: 'bad_request', message });

const invalidFault = badRequest('The body is not valid JSON.');
const tooLargeFault: HttpFault = {
  code: 'too_large',
  message: `The body is larger than ${MAX_BYTES} bytes.`,
};

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
