/**
 * Ends connections that ask for an upgrade to a path that nothing answers. Once Node has handed such a connection
 * over it watches it no more: if its peer hangs up, its descriptor stays open for good. Engine.IO ends those on
 * which nothing was written at all, and so misses every connection that carried an answer before.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Cancel, Clock } from '../util/clock.js';

/** What is used of an HTTP server. */
export interface UpgradeServer {
  on(event: 'upgrade', listener: UpgradeListener): unknown;
  off(event: 'upgrade', listener: UpgradeListener): unknown;
}

type UpgradeListener = (
  request: IncomingMessage,
  socket: Duplex & { bytesWritten?: number },
) => void;

export interface UpgradeGuardOptions {
  /** What the paths of Socket.IO's own upgrades begin with: `/socket.io/`. */
  readonly path: string;
  /** How long others have to answer an upgrade; 0 if no one else answers any. */
  readonly graceMs: number;
  readonly clock: Pick<Clock, 'after'>;
}

/** Returns the end of it. */
export function guardUpgrades(server: UpgradeServer, options: UpgradeGuardOptions): Cancel {
  const { path, graceMs, clock } = options;
  const onUpgrade: UpgradeListener = (request, socket) => {
    if (request.url?.startsWith(path)) return;
    if (graceMs === 0) {
      socket.destroy();
      return;
    }
    const before = socket.bytesWritten;
    const cancel = clock.after(graceMs, () => {
      // A handler that answers an upgrade writes at once.
      if (socket.bytesWritten === before) socket.destroy();
    });
    socket.once('close', cancel);
  };
  server.on('upgrade', onUpgrade);
  return () => void server.off('upgrade', onUpgrade);
}
