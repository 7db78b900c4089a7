/** What all views share: the way to the server, and the live stream. */

import { createContext, useContext } from 'react';
import type { LiveConnection } from '../server/live-connection.js';
import type { Server } from '../server/server.js';

export interface Shared {
  readonly server: Server;
  readonly live: LiveConnection;
}

export const SharedContext = createContext<Shared | null>(null);

export function useShared(): Shared {
  const shared = useContext(SharedContext);
  if (!shared) throw new Error('A view is outside of the page.');
  return shared;
}
