/** A server that speaks OpenAI's chat completions over real HTTP, as well or as badly as a test wants. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { close, listen, urlOf } from './listen.js';

export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

export type ChatAnswer = (response: ServerResponse, request: ChatRequest) => unknown;

export class FakeOpenAi {
  readonly #server: Server;
  /** The requests in order, each with its key. */
  readonly requests: (ChatRequest & { readonly key: string })[] = [];
  /** Answers to come; the last one stays. */
  answers: ChatAnswer[] = [says('Hello', ' there')];
  /** Requests whose connection the caller has closed before the end of the answer. */
  abandoned = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async start(): Promise<FakeOpenAi> {
    const fake = new FakeOpenAi();
    await listen(fake.#server);
    return fake;
  }

  get url(): string {
    return `${urlOf(this.#server)}/v1`;
  }

  async close(): Promise<void> {
    await close(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const chat = JSON.parse(body) as ChatRequest;
    this.requests.push({ ...chat, key: request.headers.authorization ?? '' });
    response.on('close', () => {
      if (!response.writableFinished) this.abandoned += 1;
    });
    const [answer] = this.answers;
    if (this.answers.length > 1) this.answers.shift();
    await answer?.(response, chat);
  }
}

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chat-1',
  object: 'chat.completion.chunk',
  model: 'fake-1',
  choices: [{ index: 0, delta, finish_reason }],
});

export const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

export const begin = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  send(response, chunk({ role: 'assistant', content: '' }));
};

export const send = (response: ServerResponse, data: unknown): void => {
  response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
};

export const word = (text: string) => chunk({ content: text });

const end = (response: ServerResponse): void => {
  send(response, chunk({}, 'stop'));
  send(response, { ...chunk({}), choices: [], usage: USAGE });
  send(response, '[DONE]');
  response.end();
};

/** Says some words and completes. */
export const says =
  (...words: readonly string[]): ChatAnswer =>
  (response) => {
    begin(response);
    for (const each of words) send(response, word(each));
    end(response);
  };

/** Refuses with a status. */
export const refuses =
  (status: number, headers: Record<string, string> = {}): ChatAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: 'secret reason', type: 'fake' } }));
  };
