/** One request over HTTP, with whichever headers and from whichever address: `fetch` sets no `Host` and no `Sec-Fetch-Site`. */

import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** Where a request goes, as `http.request` and `ws` take it. */
export interface Place {
  readonly host?: string;
  readonly port?: number;
  /** The address that the connection comes from: no other request has it. */
  readonly localAddress?: string;
  /** In place of host and port: a socket in the file system. */
  readonly socketPath?: string;
}

export interface Request extends Place {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface Answer {
  /** 0 without an answer. */
  readonly status: number;
  readonly head: IncomingHttpHeaders;
  /** Of a stream that follows something, its first event or line. */
  readonly text: string;
}

const UNREACHABLE: Answer = { status: 0, head: {}, text: '' };
const shared = new Agent({ keepAlive: true });
const oneShot = new Agent();

const isStream = ({ headers }: IncomingMessage): boolean =>
  /^(text\/event-stream|application\/x-ndjson);/.test(headers['content-type'] ?? '');

/** Resolves with the answer. */
export function send(asked: Request): Promise<Answer> {
  const { body, ...options } = asked;
  const agent = options.localAddress === undefined ? shared : oneShot;
  return new Promise((resolve) => {
    const sending = request({ agent, ...options }, (response) => {
      let text = '';
      const end = () => resolve({ status: response.statusCode ?? 0, head: response.headers, text });
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
        if (!isStream(response)) return;
        end();
        sending.destroy();
      });
      response.on('end', end);
    });
    sending.on('error', () => {
      // The server may close a connection that was idle just when it is used again.
      resolve(sending.reusedSocket ? send(asked) : UNREACHABLE);
    });
    sending.end(body);
  });
}

/** All of an answer, for a search. */
export const textOf = ({ head, text }: Answer): string => `${JSON.stringify(head)}\n${text}`;
