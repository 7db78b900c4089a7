/** A program that follows a thread over HTTP, as slowly and on as bad a connection as a test wants. */

import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { parseSse, type SseEvent } from './run-reader.js';

export interface HttpEvent {
  readonly offset: number;
  readonly event: string;
  readonly data: unknown;
}

export class EventReader {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #text = '';
  /** Everything that has come on any connection, in order, without events that were cut off. */
  readonly received: SseEvent[] = [];
  /** Everything that has come, heartbeats and all. */
  raw = '';
  status = 0;
  connected = false;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  /** Connects, and resumes where an earlier connection ended. */
  connect(): void {
    this.#text = '';
    const id = this.received.findLast((each) => each.id !== '')?.id;
    const headers = { ...this.#headers, ...(id !== undefined && { 'last-event-id': id }) };
    const current = request(this.#url, { agent: false, headers }, (response) => {
      this.#response = response;
      this.status = response.statusCode ?? 0;
      this.connected = true;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => this.#take(chunk));
      response.on('close', () => {
        if (current === this.#request) this.connected = false;
      });
      response.on('error', () => {});
    });
    this.#request = current;
    current.on('error', () => {});
    current.end();
  }

  cut(): void {
    this.connected = false;
    this.#request?.destroy();
    this.#request = undefined;
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  /** The thread's events. */
  get events(): HttpEvent[] {
    return this.received
      .filter(({ event }) => event === '')
      .map(({ data }) => JSON.parse(data) as HttpEvent);
  }

  /** The announced gaps and resets. */
  get announced(): [string, unknown][] {
    return this.received
      .filter(({ event }) => event !== '')
      .map(({ event, data }) => [event, JSON.parse(data)]);
  }

  #take(chunk: string): void {
    this.raw += chunk;
    this.#text += chunk;
    const end = this.#text.lastIndexOf('\n\n') + 2;
    if (end < 2) return;
    this.received.push(...parseSse(this.#text.slice(0, end)));
    this.#text = this.#text.slice(end);
  }
}
