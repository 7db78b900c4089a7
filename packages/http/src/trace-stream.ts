/** The answer to a question about a trace: one JSON document, or (NDJSON) a line for each of its lines. */

import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TraceAnswer } from '@session-monitor/server/internal';

export type TraceFormat = 'json' | 'ndjson';

const TYPES: Readonly<Record<TraceFormat, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** Lines that become text at a time. */
const LINES_PER_PART = 200;

/** Sends it as fast as the client reads. Resolves when it is sent, or the client has gone. */
export async function sendTrace(
  response: ServerResponse,
  answer: TraceAnswer,
  format: TraceFormat,
): Promise<void> {
  response.writeHead(200, { 'content-type': TYPES[format] });
  if (response.req.method === 'HEAD') {
    response.end();
    return;
  }
  // A client that has gone gets no rest.
  await pipeline(Readable.from(textOf(answer, format)), response).catch(() => {});
}

/** NDJSON begins with the line that the document has around its lines. Both have a line of text for each line. */
function* textOf({ lines, ...head }: TraceAnswer, format: TraceFormat): Generator<string> {
  const isJson = format === 'json';
  const around = JSON.stringify(head);
  yield isJson ? `${around.slice(0, -1)},"lines":[\n` : `${around}\n`;
  for (let from = 0; from < lines.length; from += LINES_PER_PART) {
    const part = lines.slice(from, from + LINES_PER_PART).map((line) => JSON.stringify(line));
    const isLast = from + LINES_PER_PART >= lines.length;
    yield `${part.join(isJson ? ',\n' : '\n')}${isJson && !isLast ? ',' : ''}\n`;
  }
  if (isJson) yield ']}\n';
}
