/** What the server's process uses during an attack, and what is left of it afterwards. */

import { pause } from '../support/until.js';
import type { Figures } from './judge.js';
import type { Counts } from './scenario.js';
import type { AttackedServer } from './server/attacked-server.js';
import type { DataFigures } from './server/data.js';
import { MB } from './units.js';
import type { Healthy } from './users.js';

const LOOK_EVERY_MS = 500;
/** Between one new user and the next. */
const ARRIVE_EVERY_MS = 250;
/** What a server takes once: compiled code, pools, caches. */
const WARM_UP_MB = 16;

/** Before an attack. */
export interface Held {
  /** Heap and external memory after garbage collection, in bytes. */
  readonly held: number;
  readonly rssMb: number;
  readonly descriptors: number;
}

export async function heldBefore(server: AttackedServer): Promise<Held> {
  const held = await server.held();
  const { rssMb, descriptors } = figuresOf(server);
  return { held, rssMb, descriptors };
}

const figuresOf = (server: AttackedServer) =>
  server.figures ?? { rssMb: Number.NaN, descriptors: Number.NaN };

export interface Watching {
  /** Ends it. Resolves with the figures; `peers` of the counts divides what the attack took. */
  stop(before: Held, counts: Counts): Promise<Figures>;
}

/** Looks at the server during an attack, and lets new users arrive one after another if they are wanted. */
export async function watch(
  server: AttackedServer,
  healthy: Healthy,
  arrivals: boolean,
): Promise<Watching> {
  let rssMb = 0;
  let unsentMb = 0;
  let redisMb = 0;
  let newUserMs = 0;
  let over = false;
  // Measures from now on.
  await server.loopDelay();
  const { logMb } = server;
  const { dataMb } = await server.data();
  const cpuBefore = server.cpuSeconds;
  const began = performance.now();
  const looking = setInterval(() => {
    rssMb = Math.max(rssMb, server.figures?.rssMb ?? 0);
    unsentMb = Math.max(unsentMb, server.unsentMb);
    void lookAtData();
  }, LOOK_EVERY_MS);
  const arriving = arrivals ? arrive() : Promise.resolve();

  async function lookAtData(): Promise<DataFigures> {
    const figures = await server.data();
    // One that is not known leaves the largest as it is.
    redisMb = Math.max(redisMb, figures.redisMb || 0);
    return figures;
  }

  async function arrive(): Promise<void> {
    while (!over) {
      const from = performance.now();
      const ms = await healthy.ask('arrive').catch(() => performance.now() - from);
      newUserMs = Math.max(newUserMs, ms);
      await pause(ARRIVE_EVERY_MS);
    }
  }

  return {
    async stop(before, { peers = 1 }) {
      over = true;
      clearInterval(looking);
      const loop = await server.loopDelay();
      const data = await lookAtData();
      await arriving;
      const seconds = (performance.now() - began) / 1_000;
      // The attacker's connections are still open.
      const heldMb = ((await server.held()) - before.held) / MB;
      return {
        seconds,
        cpuPercent: ((server.cpuSeconds - cpuBefore) / seconds) * 100,
        loopP99Ms: loop.p99,
        loopMaxMs: loop.max,
        rssMb,
        heldMb,
        unsentMb,
        mbPerPeer: Math.max(0, heldMb + unsentMb - WARM_UP_MB) / peers,
        logGrowthMb: server.logMb - logMb,
        dataGrowthMb: data.dataMb - dataMb,
        ...(data.redisMb !== undefined && { redisMb }),
        callsUnderWay: await server.callsUnderWay(),
        ...(arrivals && { newUserMs }),
      };
    },
  };
}

export async function leftBehind(server: AttackedServer, before: Held): Promise<Figures> {
  const held = await server.held();
  const { rssMb, descriptors } = figuresOf(server);
  const { redisMb } = await server.data();
  const percent = (from: number, to: number) => (to / from - 1) * 100;
  return {
    samePid: server.alive ? 1 : 0,
    heldGrowthPercent: percent(before.held, held),
    heldGrowthMb: (held - before.held) / MB,
    rssAfterMb: rssMb,
    rssGrowthPercent: percent(before.rssMb, rssMb),
    ...(redisMb !== undefined && { redisAfterMb: redisMb }),
    descriptorGrowth: descriptors - before.descriptors,
    descriptorGrowthPercent: percent(before.descriptors, descriptors),
  };
}
