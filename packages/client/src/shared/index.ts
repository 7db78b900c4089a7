import type { SocketLike } from '../follower/socket-link.js';
import { browserPlatform } from './platform.js';
import { SharedSocket } from './shared-socket.js';

export type { SharedSocket } from './shared-socket.js';

/** How tabs share a connection. */
export interface ShareOptions {
  /** Tabs that give the same name share; take another one for another server or another user. Default 'default'. */
  readonly name?: string;
}

/**
 * One connection for all tabs of a browser. The tab that leads has it; when that closes, crashes or hangs,
 * another one makes a new connection within a second, and every monitor resumes at its own cursor.
 *
 *     const socket = shareSocket(() => io('https://example.org'));
 *     const monitor = new SessionMonitor(socket, { thread_id: 'my-thread' }).start();
 *
 * Where tabs cannot share (Node, a worker, no Web Locks) it is the tab's own socket. The backend must speak v2:
 * in v1 a socket follows one thread.
 *
 * @param make makes the socket; called in the tab that leads, when it begins to
 */
export function shareSocket<Socket extends SocketLike>(
  make: () => Socket,
  { name = 'default' }: ShareOptions = {},
): Socket | SharedSocket {
  const platform = browserPlatform();
  return platform ? new SharedSocket(make, name, platform) : make();
}
