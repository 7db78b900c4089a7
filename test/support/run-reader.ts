/** A program that reads a whole reply over HTTP: it posts, resumes, and posts again. */

import { type IncomingMessage, request } from 'node:http';

export interface RunPart {
  readonly type: string;
  readonly run_id: string;
  readonly [field: string]: unknown;
}

export interface SseEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** The server-sent events of a text, without one that is cut off at its end. */
export const parseSse = (text: string): SseEvent[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      return { id: field('id'), event: field('event'), data: field('data') };
    })
    .filter(({ event, data }) => event !== '' || data !== '');

/** The parts of a run, from the text of its stream. */
export const partsOf = (text: string): RunPart[] =>
  parseSse(text).map(({ data }) => JSON.parse(data) as RunPart);

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** All that came before the end, or the cut. */
  readonly text: string;
  /** Whether the server has ended it. */
  readonly complete: boolean;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Called with each chunk of the answer, and how to cut it. */
  readonly onChunk?: (text: string, cut: () => void) => void;
}

/** Posts JSON on a new connection. The answer on a connection that is cut is not complete. */
export function postJson(url: string, body: object, options: PostOptions = {}): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    let response: IncomingMessage | undefined;
    const finish = (complete: boolean) =>
      resolve({
        status: response?.statusCode ?? 0,
        headers: response?.headers ?? {},
        text,
        complete,
      });
    const post = request(
      url,
      {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', ...options.headers },
      },
      (answer) => {
        response = answer;
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
          options.onChunk?.(text, () => post.destroy());
        });
        answer.on('close', () => finish(answer.complete));
      },
    );
    post.on('error', () => {
      // Once there is an answer, its end decides.
      if (!response) finish(false);
    });
    post.end(JSON.stringify(body));
  });
}

export interface ReadRun {
  readonly parts: readonly RunPart[];
  readonly ids: readonly string[];
  /** How often it was posted. */
  readonly posts: number;
}

/**
 * Posts a question until its terminal part has come, each time from the last part on.
 *
 * @param onChunk see {@link PostOptions}
 */
export async function readRun(
  url: string,
  question: { readonly message_id: string; readonly [field: string]: unknown },
  onChunk?: PostOptions['onChunk'],
): Promise<ReadRun> {
  const events: SseEvent[] = [];
  for (let posts = 1; ; posts += 1) {
    const last = events.at(-1)?.id;
    const answer = await postJson(`${url}/havefun`, question, {
      ...(last !== undefined && { headers: { 'last-event-id': last } }),
      ...(onChunk && { onChunk }),
    });
    if (answer.status !== 0 && answer.status !== 200) {
      throw new Error(`The post was answered with ${answer.status}: ${answer.text}`);
    }
    events.push(...parseSse(answer.text));
    const parts = events.map(({ data }) => JSON.parse(data) as RunPart);
    if (parts.at(-1)?.type === 'run_finished') {
      return { parts, ids: events.map(({ id }) => id), posts };
    }
    if (posts > 1_000) throw new Error('The run does not end');
  }
}
