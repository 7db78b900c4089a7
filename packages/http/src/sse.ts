/** Server-sent events: the head of a stream, and the text of its events. */

import type { ServerResponse } from 'node:http';
import type { Cancel, Clock, Frame } from '@session-monitor/server/internal';

/** What a silent stream says; readers skip it. */
const SSE_COMMENT = ': still here\n\n';

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

/** Proxies cut a stream that is silent for long. The comment is for them; readers skip it. */
export class Heartbeat {
  readonly #response: ServerResponse;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #ms: number;
  #cancel: Cancel = () => {};

  /** @param ms how often a silent stream sends a comment */
  constructor(response: ServerResponse, clock: Pick<Clock, 'after'>, ms: number) {
    this.#response = response;
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Something was sent, or the stream begins. */
  rest(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(this.#ms, () => {
      if (isWritable(this.#response)) this.#response.write(SSE_COMMENT);
      this.rest();
    });
  }

  stop(): void {
    this.#cancel();
  }
}

/** Whether what is written leaves at once. */
export const isWritable = ({ destroyed, writableNeedDrain }: ServerResponse): boolean =>
  !destroyed && !writableNeedDrain;

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
