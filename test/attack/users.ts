/**
 * The healthy user of the attacked server, and a control user: the same user of a second server that nothing attacks. What
 * slows both is the machine.
 */

import { helper } from '../harness/program.js';
import { Remote } from '../support/remote.js';
import type { Window } from './healthy/latencies.js';
import type { HealthyHandlers, StartOptions } from './healthy/program.js';
import type { AttackedServer } from './server/attacked-server.js';

export type Healthy = Remote<HealthyHandlers>;

export interface Windows {
  readonly healthy: Window;
  /** Absent in the short form. */
  readonly control?: Window;
}

/** Of the latencies that a healthy user reports. */
const RESOLUTION_MS = 0.1;

export async function startUser(
  server: AttackedServer,
  options: Omit<StartOptions, 'url'>,
): Promise<Healthy> {
  const user = await Remote.start<HealthyHandlers>(helper('healthy'));
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
  const without = Math.max(base.healthy.p99, control?.p99 ?? 0, RESOLUTION_MS);
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
