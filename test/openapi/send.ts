/** Sends one request, also one that is not quite a request, and reads its answer. */

import { request } from 'node:http';

export interface ApiRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent as JSON. */
  readonly body?: unknown;
  /** What is sent in place of JSON. */
  readonly text?: string;
  /** The end of the body does not come. */
  readonly isCut?: boolean;
  /** What a stream must have shown: then its reader leaves. Without it the stream is read to its end. */
  readonly until?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export function send(url: string, asked: ApiRequest): Promise<ApiAnswer> {
  const { method, path, until, isCut = false } = asked;
  const text = asked.text ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
  const { hostname: host, port } = new URL(url);
  const headers = {
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text) + (isCut ? 1 : 0)),
    }),
    ...asked.headers,
  };
  return new Promise((resolve, reject) => {
    // Not in `fetch`: a test chooses the host name, and leaves out the end of a body.
    const sending = request({ host, port, method, path, headers, agent: false }, (answer) => {
      let read = '';
      const end = () => {
        resolve({
          status: answer.statusCode ?? 0,
          headers: fieldsOf(answer.rawHeaders),
          text: read,
        });
        sending.destroy();
      };
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        read += chunk;
        if (until !== undefined && read.includes(until)) end();
      });
      answer.on('end', end);
    });
    sending.on('error', reject);
    if (isCut) sending.write(text ?? '');
    else sending.end(text);
  });
}

function fieldsOf(raw: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let index = 0; index < raw.length; index += 2) {
    fields.set(raw[index]?.toLowerCase() ?? '', raw[index + 1] ?? '');
  }
  return fields;
}
