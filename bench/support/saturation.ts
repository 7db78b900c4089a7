/**
 * The server publishes as fast as its subscribers are served: it stays at most a few turns ahead of the slowest.
 * All subscribers decode every event.
 */

import { pause } from '../../test/support/until.js';
import type { PeerName } from './peers/peer.js';
import { names, onStage } from './stage.js';

/** A turn publishes `events` events to each of `threads` threads, each followed by `sessions` sessions. */
export interface Workload {
  readonly threads: number;
  readonly sessions: number;
  readonly events: number;
  /** The approximate size of an encoded event (110). */
  readonly bytes?: number;
}

/** The most events in flight to all subscribers together. */
const IN_FLIGHT_EVENTS = 20_000;
const IN_FLIGHT_BYTES = 16 * 1024 * 1024;

export function saturate(
  peer: PeerName,
  { threads, sessions, events, bytes = 110 }: Workload,
  short: boolean,
) {
  const [warmUpMs, measureMs] = short ? [500, 800] : [800, 2_000];
  return onStage(peer, {}, async ({ server, load, connect, measured }) => {
    const ids = names(threads);
    await connect(ids, sessions);
    const inFlight = Math.min(IN_FLIGHT_EVENTS, IN_FLIGHT_BYTES / bytes);
    const ahead = Math.max(2, Math.round(inFlight / (threads * sessions * events)));
    const control = await server.ask('saturate', { threads: ids, events, ahead, bytes });
    await load.ask('reportTo', { port: control, events });
    await pause(warmUpMs);
    const look = () => Promise.all([server.ask('usage'), load.ask('count')]);
    const [[s1, l1], [s2, l2]] = await measured(async () => {
      const before = await look();
      await pause(measureMs);
      return [before, await look()] as const;
    });
    await server.ask('stopPublishing');
    const delivered = l2.delivered - l1.delivered;
    return {
      'delivered/s': delivered / ((l2.at - l1.at) / 1_000),
      'server µs/event': (s2.cpuUs - s1.cpuUs) / delivered,
      'server cores': (s2.cpuUs - s1.cpuUs) / 1_000 / (s2.at - s1.at),
      'load cores': (l2.cpuUs - l1.cpuUs) / 1_000 / (l2.at - l1.at),
    };
  });
}
