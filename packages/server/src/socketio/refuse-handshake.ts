/** Refuses the handshake of a new connection, on either transport. Its client tries again after a while. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LimitPolicy, refusalHeaders } from '@session-monitor/protocol/rules';

export interface HandshakeRefusal {
  readonly status: 429 | 503;
  readonly message: string;
  readonly retry_after_ms: number;
  /** The limit that refuses. */
  readonly policy: LimitPolicy;
}

const REASONS = { 429: 'Too Many Requests', 503: 'Service Unavailable' } as const;

export function refuseHandshake(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message, retry_after_ms, policy }: HandshakeRefusal,
): void {
  const body = JSON.stringify({ code: 'limit_reached', message, retry_after_ms });
  const headers = {
    'content-type': 'application/json',
    'content-length': `${Buffer.byteLength(body)}`,
    ...refusalHeaders(policy, retry_after_ms),
  };
  if (request.headers.upgrade === undefined) {
    response.writeHead(status, headers);
    response.end(body);
    return;
  }
  // Engine.IO's own refusal of an upgrade is 400, whatever the reason.
  const { socket } = request;
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.on('error', () => {});
  socket.write(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines.join('')}\r\n${body}`);
  socket.destroySoon();
}
