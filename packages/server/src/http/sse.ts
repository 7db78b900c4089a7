/**
 * Server-sent events as a link for the pump: a slow HTTP reader is a pump without credit, like any
 * other slow reader, and costs nothing.
 */

import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Frame, PumpLink } from '../threads/pump.js';
import type { Sleeper } from '../threads/thread-log.js';

/** What a silent stream says; readers skip it. */
export const SSE_COMMENT = ': still here\n\n';

const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx buffers what it proxies unless told otherwise; a reply would arrive in one piece.
  'x-accel-buffering': 'no',
} as const;

/** Takes the reply over and sends its head: what follows is written to `reply.raw`. */
export function beginSse(reply: FastifyReply, more: Readonly<Record<string, string>> = {}): void {
  reply.hijack();
  // What plugins have put on the reply (CORS) is ours to send now.
  const headers = { ...reply.getHeaders(), ...SSE_HEADERS, ...more };
  reply.raw.writeHead(200, headers as Record<string, string>);
  reply.raw.flushHeaders();
}

export class SseLink implements PumpLink {
  readonly #response: ServerResponse;
  readonly #onFrame: (frame: Frame) => void;

  /** @param onFrame writes the frame's text with {@link write} */
  constructor(response: ServerResponse, onFrame: (frame: Frame) => void) {
    this.#response = response;
    this.#onFrame = onFrame;
  }

  join(reader: Sleeper): () => void {
    const wake = () => reader.wake();
    this.#response.on('drain', wake);
    return () => this.#response.off('drain', wake);
  }

  writable(): boolean {
    return !this.#response.destroyed && !this.#response.writableNeedDrain;
  }

  credit(): number {
    return Number.POSITIVE_INFINITY;
  }

  scarce(): boolean {
    return false;
  }

  charge(): void {}

  send(frame: Frame): void {
    this.#onFrame(frame);
  }

  /** Writes one SSE event. `flushed` is called when it has left for the network. */
  write(text: string, flushed: () => void): void {
    this.#response.write(text, (error) => {
      if (!error) flushed();
    });
  }
}

/**
 * One event as SSE text.
 *
 * @param fields.data JSON, which has no raw newline; neither have ids and names, by their patterns
 */
export function formatSse(fields: { id?: string; event?: string; data: string }): string {
  const lines = [
    ...(fields.id === undefined ? [] : [`id: ${fields.id}`]),
    ...(fields.event === undefined ? [] : [`event: ${fields.event}`]),
    `data: ${fields.data}`,
  ];
  return `${lines.join('\n')}\n\n`;
}

/** What a frame says about what came before it. */
export function announcements({ gap, reset }: Pick<Frame, 'gap' | 'reset'>): string {
  const events = [
    ...(reset ? [formatSse({ event: 'reset', data: JSON.stringify(reset) })] : []),
    ...(gap ? [formatSse({ event: 'gap', data: JSON.stringify(gap) })] : []),
  ];
  return events.join('');
}
