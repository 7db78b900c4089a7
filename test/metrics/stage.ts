/** What the cases of the counters have: a server, a proxy in front of it, and clients by hand. */

import type { AppConfig } from 'session-monitor';
import type { TestApp } from '../support/app.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import type { Lab } from '../support/lab.js';
import { until } from '../support/until.js';

export const THREAD = 'counted';
export const WEBSOCKET = { thread_id: THREAD, transport: 'websocket' } as const;

export interface Stage {
  readonly lab: Lab;
  readonly app: TestApp;
  /** In front of the app. */
  readonly proxy: FaultProxy;
  readonly url: string;
}

export interface Case {
  readonly what: string;
  readonly config?: (lab: Lab) => Partial<AppConfig> | Promise<Partial<AppConfig>>;
  readonly does: (stage: Stage) => unknown;
  /** How much each series grows. */
  readonly moves: Readonly<Record<string, number>>;
}

/** A registration by hand. */
export const register = (fields: object = {}) => ({
  protocol: 2,
  thread_id: THREAD,
  instance: 'a'.repeat(22),
  attempt: 1,
  ...fields,
});

/** A Socket.IO client that speaks v2 by hand. */
export async function byHand({ lab, url }: Pick<Stage, 'lab' | 'url'>) {
  const { socket } = lab.v1Client(url, 'websocket');
  await until('connected', () => socket.connected);
  return socket;
}
