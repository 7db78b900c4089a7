/** Makes all faults of a run from a seed. The same seed always gives the same plan. */

import { Random } from '../../simulation/time/random.js';
import type {
  ClientFault,
  ClusterFaultKind,
  NetworkFault,
  NetworkFaultKind,
  Plan,
  ServerFault,
  ServerFaultKind,
} from './faults.js';

/** The density and duration of faults. */
interface Pace {
  readonly networkEveryMs: number;
  readonly serverEveryMs: number;
  readonly clientEveryMs: number;
  /** The longest stall, delay or silence of the network. */
  readonly maxNetworkMs: number;
  readonly maxStopMs: number;
  /** Every so many SIGSTOPs one lasts from half a minute to a minute; 0 for never. */
  readonly longStopEvery: number;
}

const DENSE: Pace = {
  networkEveryMs: 450,
  serverEveryMs: 4_000,
  clientEveryMs: 7_000,
  maxNetworkMs: 1_500,
  maxStopMs: 2_500,
  longStopEvery: 0,
};
const LONG: Pace = {
  networkEveryMs: 900,
  serverEveryMs: 8_500,
  clientEveryMs: 20_000,
  maxNetworkMs: 8_000,
  maxStopMs: 12_000,
  longStopEvery: 6,
};
const DENSE_UP_TO_MS = 120_000;
/** A cluster continues while a part of it is down, so the next fault need not wait. */
const CLUSTER_EVERY_MS = 3_000;

/** The time before the first fault: all clients must be connected to be hit. */
const QUIET_START_MS = 1_500;

/** Each bag gives its kinds in random order, so that short runs meet every kind, too. */
export const SERVER_BAG: readonly ServerFaultKind[] = [
  ...new Array<'kill'>(5).fill('kill'),
  'stop',
  'drain',
  'disk_full',
  ...new Array<'kill'>(5).fill('kill'),
  'clock',
  'slow_disk',
  'eio',
  ...new Array<'kill'>(5).fill('kill'),
];
/** With one Redis that flushes every write. */
export const REDIS_BAG: readonly ClusterFaultKind[] = [
  ...new Array<'node_kill'>(4).fill('node_kill'),
  ...new Array<'redis_kill'>(3).fill('redis_kill'),
  'node_stop',
  ...new Array<'node_kill'>(4).fill('node_kill'),
  'node_drain',
  'redis_stop',
  ...new Array<'redis_kill'>(2).fill('redis_kill'),
];
/** With a Redis whose replica has all that is confirmed. */
export const REPLICATED_BAG: readonly ClusterFaultKind[] = [
  ...new Array<'failover'>(3).fill('failover'),
  ...new Array<'node_kill'>(3).fill('node_kill'),
  'node_stop',
  'redis_stop',
];
const NETWORK_BAG: readonly NetworkFaultKind[] = [
  ...new Array<'cut'>(8).fill('cut'),
  ...new Array<'reset'>(8).fill('reset'),
  'stall',
  'slice',
  'delay',
  'swallow_up',
  'swallow_down',
];
const DAY_MS = 24 * 60 * 60_000;

export function makePlan<Kind extends string>(
  seed: number,
  durationMs: number,
  faults: readonly Kind[],
  cluster = false,
): Plan<Kind> {
  const paceOfAll = durationMs <= DENSE_UP_TO_MS ? DENSE : LONG;
  const pace = cluster ? { ...DENSE, serverEveryMs: CLUSTER_EVERY_MS } : paceOfAll;
  const random = new Random(seed);
  return {
    durationMs,
    network: times(random.fork('network'), durationMs, pace.networkEveryMs, networkFault(pace)),
    server: times(random.fork('server'), durationMs, pace.serverEveryMs, serverFault(pace, faults)),
    clients: times(random.fork('clients'), durationMs, pace.clientEveryMs, clientFault(pace)),
  };
}

type Draw<T> = (random: Random, at: number) => T;

/** Faults at random distances, `everyMs` on average. */
function times<T>(random: Random, durationMs: number, everyMs: number, make: () => Draw<T>): T[] {
  const draw = make();
  const faults: T[] = [];
  const distance = () => random.between(0.5, 1.5) * everyMs;
  for (let at = QUIET_START_MS + distance(); at < durationMs; at += distance()) {
    faults.push(draw(random, Math.round(at)));
  }
  return faults;
}

const networkFault =
  ({ maxNetworkMs }: Pace) =>
  (): Draw<NetworkFault> => {
    const next = bag(NETWORK_BAG);
    return (random, at) => ({
      at,
      kind: next(random),
      ms: Math.round(random.between(50, maxNetworkMs)),
      // Mostly a few, sometimes all.
      share: random.chance(0.12) ? 1 : random.between(0.05, 0.4),
    });
  };

const serverFault =
  <Kind extends string>({ maxStopMs, longStopEvery }: Pace, faults: readonly Kind[]) =>
  (): Draw<ServerFault<Kind>> => {
    const next = bag(faults);
    let stops = 0;
    return (random, at) => {
      const kind = next(random);
      const shiftMs = Math.round(random.between(-2, 2) * DAY_MS);
      if (kind === 'stop') stops += 1;
      const long = kind === 'stop' && longStopEvery > 0 && stops % longStopEvery === 1;
      const ms = long ? random.between(30_000, 60_000) : random.between(300, maxStopMs);
      return { at, kind, ms: Math.round(ms), shiftMs };
    };
  };

const clientFault =
  ({ maxStopMs }: Pace) =>
  (): Draw<ClientFault> =>
  (random, at) => ({
    at,
    kind: random.chance(0.6) ? 'freeze' : 'clock',
    which: random.next(),
    ms: Math.round(random.between(200, maxStopMs)),
    shiftMs: Math.round(random.between(-2, 2) * DAY_MS),
  });

/** Draws each member once before any comes again. */
function bag<T>(members: readonly T[]): (random: Random) => T {
  let left: T[] = [];
  return (random) => {
    if (left.length === 0) left = [...members];
    const [drawn] = left.splice(random.int(0, left.length - 1), 1);
    if (drawn === undefined) throw new Error('A bag must not be empty');
    return drawn;
  };
}
