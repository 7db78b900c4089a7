/**
 * Tells of a connection's upgrades, completed and failed. Engine.IO announces an upgrade that is being
 * probed and one that is complete; one that comes to nothing shows by its transport's end.
 */

import type { Transport } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';

type Conn = Socket['conn'];
type ConnTransport = Conn['transport'];

export interface UpgradeHandlers {
  readonly onUpgrade: (from: Transport) => void;
  readonly onFailure: (to: Transport) => void;
}

/** Returns the end of it. */
export function watchUpgrades(conn: Conn, handlers: UpgradeHandlers): () => void {
  let current = nameOf(conn.transport);
  let watching = true;
  const onUpgrade = () => {
    const from = current;
    current = nameOf(conn.transport);
    handlers.onUpgrade(from);
  };
  const onUpgrading = (transport: ConnTransport) => {
    transport.once('close', () => {
      if (watching && conn.transport !== transport) handlers.onFailure(nameOf(transport));
    });
  };
  conn.on('upgrade', onUpgrade);
  conn.on('upgrading', onUpgrading);
  return () => {
    watching = false;
    conn.off('upgrade', onUpgrade);
    conn.off('upgrading', onUpgrading);
  };
}

const nameOf = ({ name }: ConnTransport): Transport => name as Transport;
