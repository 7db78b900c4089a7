/** One scenario from its first to its last action. */

import type { Invariant, Violation } from './oracle/checker.js';
import { CLUSTER_SETTLE_MS, checkLog, leftBehind, SETTLE_MS, unsettled } from './oracle/verdict.js';
import type { Scenario } from './scenario/actions.js';
import { perform } from './scenario/perform.js';
import { SimWorld } from './world.js';

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  /** The trace, if requested. */
  readonly lines: readonly string[];
  readonly steps: number;
  readonly virtualMs: number;
  /** Always the same for the same scenario. */
  readonly fingerprint: number;
  /** Events that apps received. */
  readonly applied: number;
}

const LOOK_EVERY_MS = 50;
/** How long the server has to forget clients that have left. */
const FORGET_MS = 5_000;
/** After how long unnoticed half-open connections are cut. */
const NOTICE_MS = 1_000;

export async function runScenario(scenario: Scenario, writesDown = false): Promise<Outcome> {
  const world = new SimWorld(scenario, writesDown);
  const { scheduler, checker } = world;
  let over = false;
  plan(world, () => {
    over = true;
  });
  try {
    await scheduler.run(() => over || checker.violation !== undefined);
    if (!over && !checker.violation) checker.violate('liveness', 'nothing happens any more');
  } catch (error) {
    checker.violate('I11', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    seed: scenario.seed,
    violation: checker.violation,
    lines: checker.lines,
    steps: scheduler.steps,
    virtualMs: scheduler.now,
    fingerprint: checker.fingerprint,
    applied: world.checker.applied,
  };
}

/** Schedules all actions. */
function plan(world: SimWorld, done: () => void): void {
  const { scheduler, scenario, checker } = world;
  scheduler.after(0, () => world.startNodes());
  for (const page of scenario.pages) scheduler.after(page.opensAt, () => world.clients.open(page));
  for (const action of scenario.actions) scheduler.after(action.at, () => perform(world, action));
  scheduler.after(scenario.calmAt, () => {
    checker.note(() => '--- calm');
    world.faults.end();
    waitUntil(
      world,
      scenario.cluster ? CLUSTER_SETTLE_MS : SETTLE_MS,
      () => {
        const reason = unsettled(world);
        return reason === undefined ? undefined : { invariant: 'liveness', reason };
      },
      () => {
        checker.note(() => '--- settled');
        part(world, done);
      },
    );
  });
}

/** All clients leave, and nothing stays behind; then the server stops. */
function part(world: SimWorld, done: () => void): void {
  const { clients, scheduler, network } = world;
  for (const [index, tab] of clients.tabs.entries()) clients.remove(tab, index % 2 === 0);
  scheduler.after(NOTICE_MS, () => network.reap());
  waitUntil(
    world,
    FORGET_MS,
    () => {
      const left = leftBehind(world);
      return left === undefined ? undefined : { invariant: 'I12', reason: `left behind: ${left}` };
    },
    () => stop(world, done),
  );
}

/** The servers stop, and the log is read for the last time. */
function stop(world: SimWorld, done: () => void): void {
  const { nodes } = world;
  for (const index of nodes.keys()) world.stopNode(0, Number.MAX_SAFE_INTEGER, index);
  waitUntil(
    world,
    FORGET_MS,
    () =>
      nodes.every(({ state }) => state === 'ended')
        ? undefined
        : { invariant: 'liveness', reason: 'a server does not stop' },
    () => {
      checkLog(world);
      done();
    },
  );
}

/** Polls until `obstacle` returns nothing. An obstacle that remains when the time is up is a violation. */
function waitUntil(
  world: SimWorld,
  limitMs: number,
  obstacle: () => { readonly invariant: Invariant; readonly reason: string } | undefined,
  then: () => void,
): void {
  const { scheduler, checker } = world;
  const deadline = scheduler.now + limitMs;
  const look = () => {
    const inTheWay = obstacle();
    if (!inTheWay) then();
    else if (scheduler.now > deadline) checker.violate(inTheWay.invariant, inTheWay.reason);
    else scheduler.after(LOOK_EVERY_MS, look);
  };
  look();
}
