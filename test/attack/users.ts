/**
 * The healthy user of the attacked server, and a control user: the same user of a second server that nothing attacks. What
 * slows both is the machine.
 */

import { helper } from '../harness/program.js';
import { Remote } from '../support/remote.js';
import type { Window } from './healthy/latencies.js';
import type { HealthyHandlers } from './healthy/program.js';
import type { AttackedServer } from './server/attacked-server.js';
import { canPin, pin } from './server/pin.js';

export type Healthy = Remote<HealthyHandlers>;

export interface Windows {
  readonly healthy: Window;
  /** Absent in the short form. */
  readonly control?: Window;
}

export interface UserOptions {
  readonly seed: number;
  /** The token; one of the policy for JSON Web Tokens if left out. */
  readonly token?: string;
}

export async function startUser(server: AttackedServer, options: UserOptions): Promise<Healthy> {
  const user = await Remote.start<HealthyHandlers>(helper('healthy'));
  if (canPin()) pin(user.child.pid, 'others');
  await user.ask('start', { url: server.url, ...options });
  return user;
}

/** What both have measured since the last call. */
export async function windowsOf(healthy: Healthy, control?: Healthy): Promise<Windows> {
  const [own, other] = await Promise.all([healthy.ask('window'), control?.ask('window')]);
  return { healthy: own, ...(other && { control: other }) };
}

/** How the healthy user fares during an attack: the base is what the machine gives without it, before or beside it. */
export function compare(base: Windows, during: Windows) {
  const { healthy, control } = during;
  const without = Math.max(base.healthy.p99, control?.p99 ?? 0, LEAST_MS);
  return {
    baseP50Ms: base.healthy.p50,
    baseP99Ms: base.healthy.p99,
    ...(control && { controlP50Ms: control.p50, controlP99Ms: control.p99 }),
    p50Ms: healthy.p50,
    p99Ms: healthy.p99,
    maxMs: healthy.max,
    ratio: healthy.p99 / without,
  };
}

/** What is measured. */
const LEAST_MS = 0.1;
