/** One scenario from its first to its last happening. */

import type { Invariant, Violation } from './oracle/court.js';
import { checkLog, leftBehind, SETTLE_MS, unsettled } from './oracle/verdict.js';
import type { Scenario } from './scenario/actions.js';
import { perform } from './scenario/perform.js';
import { World } from './world.js';

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  /** What happened, if it was asked for. */
  readonly lines: readonly string[];
  readonly steps: number;
  readonly virtualMs: number;
  /** The same for the same scenario, always. */
  readonly fingerprint: number;
  /** Events that apps were given. */
  readonly applied: number;
}

const LOOK_EVERY_MS = 50;
/** How long the server has to forget those who have left. */
const FORGET_MS = 5_000;
/** When connections that nobody has noticed to be dead are cut. */
const NOTICE_MS = 1_000;

export async function runScenario(scenario: Scenario, writesDown = false): Promise<Outcome> {
  const world = new World(scenario, writesDown);
  const { scheduler, court } = world;
  let over = false;
  plan(world, () => {
    over = true;
  });
  try {
    await scheduler.run(() => over || court.violation !== undefined);
    if (!over && !court.violation) court.violate('liveness', 'nothing happens any more');
  } catch (error) {
    court.violate('I11', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    seed: scenario.seed,
    violation: court.violation,
    lines: court.lines,
    steps: scheduler.steps,
    virtualMs: scheduler.now,
    fingerprint: court.fingerprint,
    applied: world.court.applied,
  };
}

/** Lets everything happen at its time. */
function plan(world: World, done: () => void): void {
  const { scheduler, scenario, court } = world;
  scheduler.after(0, () => world.startNode());
  for (const page of scenario.pages) scheduler.after(page.opensAt, () => world.crowd.open(page));
  for (const action of scenario.actions) scheduler.after(action.at, () => perform(world, action));
  scheduler.after(scenario.calmAt, () => {
    court.note(() => '--- calm');
    world.faults.end();
    waitUntil(
      world,
      SETTLE_MS,
      () => {
        const reason = unsettled(world);
        return reason === undefined ? undefined : { invariant: 'liveness', reason };
      },
      () => {
        court.note(() => '--- settled');
        part(world, done);
      },
    );
  });
}

/** Everybody leaves, and nothing stays behind; then the server stops. */
function part(world: World, done: () => void): void {
  const { crowd, scheduler, network } = world;
  for (const [index, tab] of crowd.tabs.entries()) crowd.remove(tab, index % 2 === 0);
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

/** The server stops, and the log is read for the last time. */
function stop(world: World, done: () => void): void {
  const { node } = world;
  world.stopNode(0, Number.MAX_SAFE_INTEGER);
  waitUntil(
    world,
    FORGET_MS,
    () =>
      node?.state === 'ended'
        ? undefined
        : { invariant: 'liveness', reason: 'the server does not stop' },
    () => {
      checkLog(world);
      done();
    },
  );
}

/** Looks again and again until nothing is in the way; what still is when the time is up is a violation. */
function waitUntil(
  world: World,
  limitMs: number,
  obstacle: () => { readonly invariant: Invariant; readonly reason: string } | undefined,
  then: () => void,
): void {
  const { scheduler, court } = world;
  const deadline = scheduler.now + limitMs;
  const look = () => {
    const inTheWay = obstacle();
    if (!inTheWay) then();
    else if (scheduler.now > deadline) court.violate(inTheWay.invariant, inTheWay.reason);
    else scheduler.after(LOOK_EVERY_MS, look);
  };
  look();
}
