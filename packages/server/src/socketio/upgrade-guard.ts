/**
 * Ends connections that ask for an upgrade on a path that nothing answers. Node does not watch a connection after its
 * upgrade event: if the peer hangs up, its descriptor stays open for good. Engine.IO ends only those on which nothing
 * was written at all, and so misses every connection that carried an answer before.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Cancel, Clock } from '../util/clock.js';

/** The part of an HTTP server that the guard uses. */
export interface UpgradeServer {
  on(event: 'upgrade', listener: UpgradeListener): unknown;
  off(event: 'upgrade', listener: UpgradeListener): unknown;
}

type UpgradeListener = (
  request: IncomingMessage,
  socket: Duplex & { bytesWritten?: number },
) => void;

export interface UpgradeGuardOptions {
  /** The prefix of the paths of Socket.IO's own upgrades: `/socket.io/`. */
  readonly path: string;
  /** How long other handlers have to answer an upgrade; 0 if there are none. */
  readonly graceMs: number;
  readonly clock: Pick<Clock, 'after'>;
}

/** Returns a function that stops the guard. */
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
