/**
 * The one place that talks to the server. The key, and an operator's token, stay in memory, and leave in a header, never in an
 * address.
 */

import { splitLines } from '../model/lines.js';
import { type Answer, problemOf } from '../model/problem.js';

export interface ServerDeps {
  readonly fetch: typeof fetch;
  /** The address that the paths are below: where the page was loaded from. */
  readonly base: string;
}

/** A line of JSON of a stream. */
type OnLine = (value: unknown) => void;

export class Server {
  readonly #deps: ServerDeps;
  #key: string | undefined;
  #token: string | undefined;

  constructor(deps: ServerDeps) {
    this.#deps = deps;
  }

  get hasKey(): boolean {
    return this.#key !== undefined;
  }

  /** The key for the requests from now on. */
  setKey(key: string | undefined): void {
    this.#key = key;
  }

  /** The token of the operator, for what changes something. */
  setToken(token: string | undefined): void {
    this.#token = token;
  }

  /** Asks for something to be done. The key of `/debug` is no right to that, and is not sent along. */
  post<T>(path: string, body: object): Promise<Answer<T>> {
    return this.#asOperator(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(this.#token) },
      body: JSON.stringify(body),
    });
  }

  /** Reads what the key of `/debug` does not open. */
  read<T>(path: string): Promise<Answer<T>> {
    return this.#asOperator(path, { headers: bearer(this.#token), cache: 'no-store' });
  }

  async #asOperator<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    try {
      const response = await this.#deps.fetch(new URL(path, this.#deps.base), init);
      const text = await response.text();
      return response.ok
        ? { ok: true, value: JSON.parse(text) as T }
        : this.#refusal(response, text);
    } catch (error) {
      return gone(error);
    }
  }

  /** @param path below the base path of the server, like `debug/runs?limit=5` */
  async get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    const text = await this.text(path, signal);
    return text.ok ? { ok: true, value: JSON.parse(text.value) as T } : text;
  }

  /** The same as text: what is exported stays as the server has written it. */
  async text(path: string, signal?: AbortSignal): Promise<Answer<string>> {
    try {
      const response = await this.#ask(path, signal);
      const body = await response.text();
      return response.ok ? { ok: true, value: body } : this.#refusal(response, body);
    } catch (error) {
      return gone(error);
    }
  }

  /**
   * Follows a stream of lines. Resolves when it has ended, by itself or by the signal, or with why it has not begun.
   *
   * @param onOpen called when the stream begins
   */
  async follow(
    path: string,
    onOpen: () => void,
    onLine: OnLine,
    signal: AbortSignal,
  ): Promise<Answer<undefined>> {
    try {
      const response = await this.#ask(path, signal);
      if (!response.ok || !response.body) {
        return this.#refusal(response, await response.text());
      }
      onOpen();
      await readLines(response.body, onLine);
      return { ok: true, value: undefined };
    } catch (error) {
      return gone(error);
    }
  }

  #ask(path: string, signal: AbortSignal | undefined): Promise<Response> {
    return this.#deps.fetch(new URL(path, this.#deps.base), {
      headers: bearer(this.#key),
      ...(signal && { signal }),
      cache: 'no-store',
    });
  }

  #refusal({ status, headers }: Response, body: string): Answer<never> {
    const problem = problemOf(status, body, headers.get('retry-after'), this.hasKey);
    return { ok: false, problem };
  }
}

const bearer = (secret: string | undefined): Readonly<Record<string, string>> =>
  secret === undefined ? {} : { authorization: `Bearer ${secret}` };

async function readLines(body: ReadableStream<Uint8Array>, onLine: OnLine): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (let rest = ''; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const split = splitLines(rest, decoder.decode(value, { stream: true }));
    rest = split.rest;
    for (const line of split.values) onLine(line);
  }
}

const gone = (error: unknown): Answer<never> => ({
  ok: false,
  problem: { kind: 'gone', message: error instanceof Error ? error.message : String(error) },
});
