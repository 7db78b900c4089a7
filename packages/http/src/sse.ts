/**
 * Server-sent events as a link for the pump: a slow HTTP reader is a pump without credit, like any
 * other slow reader, and costs nothing.
 */

import type { ServerResponse } from 'node:http';
import type { Frame, LinkMember, Subscriber } from '@session-monitor/server/internal';

/** What a silent stream says; readers skip it. */
export const SSE_COMMENT = ': still here\n\n';

const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Middleware that compresses would hold words back until there are enough of them.
  'cache-control': 'no-store, no-transform',
  // nginx buffers what it proxies unless told otherwise; a reply would arrive in one piece.
  'x-accel-buffering': 'no',
} as const;

/** Sends the head of a stream: events follow. */
export function beginSse(
  response: ServerResponse,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(200, { ...SSE_HEADERS, ...more });
  response.flushHeaders();
}

export class SseLink implements LinkMember {
  readonly #response: ServerResponse;
  readonly #onFrame: (frame: Frame) => void;

  /** @param onFrame writes the frame's text with {@link write} */
  constructor(response: ServerResponse, onFrame: (frame: Frame) => void) {
    this.#response = response;
    this.#onFrame = onFrame;
  }

  join(subscriber: Subscriber): () => void {
    const wake = () => subscriber.wake();
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
