/**
 * Works around Node: a connection that is cut in the middle of a chunk has the rest of that chunk parsed all the same, which
 * can be a thousand requests, each with the cost of an answer that nothing reads.
 */

import type { Socket } from 'node:net';

/** What a parser's `onIncoming` returns so that it parses nothing behind a request (that of an upgrade is one). */
const NOTHING_FOLLOWS = 2;

/** The parts of Node that this relies on; where a version has others, the rest of the chunk is parsed. */
interface WithParser {
  readonly parser?: { onIncoming?: unknown } | null;
}

/** Has Node parse no further request of a connection than the next one. Call it before the connection is destroyed. */
export function stopParsing(socket: Socket): void {
  const { parser } = socket as WithParser;
  if (typeof parser?.onIncoming === 'function') parser.onIncoming = () => NOTHING_FOLLOWS;
}
