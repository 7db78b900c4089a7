/**
 * Follows how a polling connection changes to WebSocket, or fails to. Engine.IO announces the probe of an upgrade and its
 * completion. An abandoned one shows by the end of its transport, a refused one reaches no connection at all.
 */

import type { Socket } from 'socket.io';
import type { UpgradeFailure } from './upgrade-failures.js';

type Conn = Socket['conn'];
type ConnTransport = Conn['transport'];

export interface UpgradeWatchDeps {
  readonly conn: Conn;
  readonly onUpgraded: (transport: ConnTransport) => void;
  /** @param to the transport that was tried */
  readonly onFailed: (to: string, reason: UpgradeFailure) => void;
  /** Calls back if the server refuses the request for a WebSocket. Absent where nothing watches requests. */
  readonly onRefused?:
    | ((conn: object, listener: (reason: UpgradeFailure) => void) => void)
    | undefined;
}

/** Returns the function that ends it: the Engine.IO connection may outlive its socket and carry another. */
export function watchUpgrade({
  conn,
  onUpgraded,
  onFailed,
  onRefused,
}: UpgradeWatchDeps): () => void {
  let isOver = false;
  const onUpgrading = (transport: ConnTransport) => {
    transport.once('close', () => {
      if (!isOver && conn.transport !== transport) onFailed(transport.name, 'abandoned');
    });
  };
  conn.on('upgrading', onUpgrading);
  conn.on('upgrade', onUpgraded);
  onRefused?.(conn, (reason) => {
    if (!isOver) onFailed('websocket', reason);
  });
  return () => {
    isOver = true;
    conn.off('upgrading', onUpgrading);
    conn.off('upgrade', onUpgraded);
  };
}
