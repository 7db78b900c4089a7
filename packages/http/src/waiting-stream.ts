/** A stream of a thread that is not there yet: it waits, because reading creates nothing. */

import type { ServerResponse } from 'node:http';
import type { LogStore } from '@session-monitor/server';
import type { Clock, OpenStream, OpenStreams } from '@session-monitor/server/internal';
import { Heartbeat } from './sse.js';

export interface WaitingStreamDeps {
  readonly response: ServerResponse;
  readonly logs: Pick<LogStore, 'head' | 'follow'>;
  readonly thread_id: string;
  readonly clock: Pick<Clock, 'after'>;
  /** Where the stream is entered, so that it ends with the rights of its reader. */
  readonly streams: OpenStreams;
  /** By what right it waits. */
  readonly right: Omit<OpenStream, 'end'>;
  readonly heartbeatMs: number;
  /** The thread is there, and the reader still waits. */
  readonly onThere: () => void;
}

export class WaitingStream {
  readonly #deps: WaitingStreamDeps;
  readonly #heartbeat: Heartbeat;
  #leave: () => void = () => {};
  #unfollow: () => void = () => {};
  #isOver = false;
  readonly #onClose = () => this.#stop();

  constructor(deps: WaitingStreamDeps) {
    const { response, clock, heartbeatMs } = deps;
    this.#deps = deps;
    this.#heartbeat = new Heartbeat(response, clock, heartbeatMs);
  }

  /** Resolves when it waits, or is over. @throws what the store throws; then it is over */
  async start(): Promise<void> {
    const { response, logs, thread_id, streams, right } = this.#deps;
    response.on('close', this.#onClose);
    this.#leave = streams.add({ ...right, end: () => this.#end() });
    if (this.#isOver || response.closed) {
      this.#stop();
      return;
    }
    this.#heartbeat.rest();
    this.#unfollow = logs.follow(thread_id, () => this.#there());
    try {
      // It may have been created before it was followed.
      if (await logs.head(thread_id)) this.#there();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  #there(): void {
    if (this.#isOver) return;
    this.#stop();
    this.#deps.onThere();
  }

  #end(): void {
    this.#stop();
    this.#deps.response.end();
  }

  #stop(): void {
    this.#isOver = true;
    this.#deps.response.off('close', this.#onClose);
    this.#heartbeat.stop();
    this.#leave();
    this.#unfollow();
  }
}
