/** Requests, reads, watches and ends one stream of frames. */

import {
  type Fault,
  offsetsCovered,
  readStreamPosition,
  readThreadEvents,
  SERVER_EVENTS,
  type StreamPosition,
  type ThreadEvents,
} from '@session-monitor/protocol';
import type { Fetch } from '../platform/environment.js';
import { bearer, faultOf } from '../sending/http.js';
import { EventStreamParser, type StreamEvent } from './event-stream.js';

export interface ThreadStreamDeps {
  readonly fetch: Fetch;
  readonly url: string;
  readonly token: string | null;
  /** Where it begins; called once, before any frame. */
  readonly onPosition: (position: StreamPosition) => void;
  readonly onFrame: (frame: ThreadEvents) => void;
  /** The server refuses the stream, and says why. */
  readonly onRefused: (reason: Fault) => void;
  /** The network ended the stream, or kept it from opening. */
  readonly onLost: () => void;
}

/** The server sends something once in a heartbeat: after two and a half silent ones it is gone. */
const SILENT_HEARTBEATS = 2.5;

export class ThreadStream {
  /** The last offset that has come. */
  sent = 0;
  readonly #deps: ThreadStreamDeps;
  readonly #controller = new AbortController();
  #silence: ReturnType<typeof setTimeout> | undefined;
  #heartbeatMs = 0;
  #begun = false;

  constructor(deps: ThreadStreamDeps) {
    this.#deps = deps;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves when it is over. Never rejects. */
  async run(): Promise<void> {
    const { onRefused, onLost } = this.#deps;
    let refused: Fault | undefined;
    try {
      refused = await this.#follow();
    } catch {
      // Cut off, or never reached.
    }
    clearTimeout(this.#silence);
    if (this.signal.aborted) return;
    if (refused) onRefused(refused);
    else onLost();
  }

  /** Ends it without a call to a handler. */
  close(): void {
    clearTimeout(this.#silence);
    this.#controller.abort();
  }

  async #follow(): Promise<Fault | undefined> {
    const { fetch, url, token } = this.#deps;
    const headers = { accept: 'text/event-stream', ...bearer(token) };
    const { signal } = this;
    const response = await fetch(url, { headers, signal, cache: 'no-store' });
    if (!response.ok) return faultOf(response);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventStreamParser();
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      for (const event of parser.push(read.value)) if (!signal.aborted) this.#onEvent(event);
      this.#listen();
    }
    return undefined;
  }

  #onEvent({ event, data }: StreamEvent): void {
    const value: unknown = JSON.parse(data);
    if (event === 'position' && !this.#begun) {
      const position = readStreamPosition(value);
      if (!position) return;
      this.#begun = true;
      this.#heartbeatMs = position.heartbeat_ms;
      this.sent = position.from - 1;
      this.#deps.onPosition(position);
    } else if (event === SERVER_EVENTS.threadEvents && this.#begun) {
      const frame = readThreadEvents(value);
      if (!frame) return;
      this.sent = frame.offset - 1 + offsetsCovered(frame);
      this.#deps.onFrame(frame);
    }
  }

  /** Something has arrived: starts the wait for what comes next. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (!this.#begun || this.signal.aborted) return;
    this.#silence = setTimeout(() => {
      this.#controller.abort();
      this.#deps.onLost();
    }, this.#heartbeatMs * SILENT_HEARTBEATS);
  }
}
