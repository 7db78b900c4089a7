/**
 * python-engineio closes a connection when one polling payload holds more than 16 packets ('Too many packets in
 * payload'). A v1 event is a packet; the limit leaves room for a few others.
 */

import type { Socket } from 'socket.io';

const MAX_EVENTS_PER_PAYLOAD = 10;

/** python-engineio's HTTP clients: requests, and aiohttp. */
const USER_AGENT = /^(python-requests|Python)\//;

/** The most events that may go to the peer at once on its present transport. */
export function maxEventsAtOnce({ conn, handshake }: Socket): number {
  const limited =
    conn.transport.name === 'polling' && USER_AGENT.test(handshake.headers['user-agent'] ?? '');
  return limited ? MAX_EVENTS_PER_PAYLOAD : Number.POSITIVE_INFINITY;
}
