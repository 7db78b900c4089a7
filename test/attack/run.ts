/** Plays scenarios one after another on a server, beside a healthy user. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { helper, type Say } from '../harness/program.js';
import { Remote } from '../support/remote.js';
import { pause, within } from '../support/until.js';
import type { AttackerHandlers } from './attacker/program.js';
import { ALWAYS, type Bounds, brokenBounds, type Figures } from './judge.js';
import { type Held, heldBefore, leftBehind, watch } from './measure.js';
import { type Result, titleOf } from './result.js';
import type { Scenario } from './scenario.js';
import { AttackedServer } from './server/attacked-server.js';
import { pin, yieldToOthers } from './server/shares.js';
import { compare, type Healthy, startUser, type Windows, windowsOf } from './users.js';

export interface AttackOptions {
  readonly seed: number;
  /** A second or two for each attack, and the bounds of `npm test`. */
  readonly short: boolean;
  /** The server limits none of its peers. */
  readonly unprotected: boolean;
  /** Each server keeps its data in a Redis for it alone. */
  readonly redis: boolean;
  readonly replay: readonly string[];
  readonly folder: string;
  readonly say: Say;
}

/** Times and sizes of the two forms. The short one judges no latency: it needs no base. */
const LONG = { scale: 1, baseMs: 15_000, quietMs: 1_000, settleMs: 5_000, afterMs: 5_000 };
const SHORT = { scale: 0.02, baseMs: 200, quietMs: 0, settleMs: 200, afterMs: 0 };
/** An attack that has not ended by then is given up. */
const ATTACK_MS = 240_000;
const PREPARE_MS = 180_000;
const LOG_LINES = 3;

type Attacker = Remote<AttackerHandlers>;

interface Stage {
  readonly options: AttackOptions;
  readonly server: AttackedServer;
  readonly healthy: Healthy;
  /** The user of a server that nothing attacks; absent in the short form. */
  readonly control?: Healthy;
}

/**
 * Plays scenarios on one server, which the first of them describes. Resolves with a result for each part of each
 * scenario.
 */
export async function playTogether(
  scenarios: readonly [Scenario, ...Scenario[]],
  options: AttackOptions,
): Promise<readonly Result[]> {
  const [first] = scenarios;
  const folder = join(options.folder, first.name);
  const { seed, short, unprotected, redis, say } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const start = async (into: string) => {
    mkdirSync(into);
    const { fill } = first;
    const server = await AttackedServer.start({
      ...first.server,
      ...(fill && { fill }),
      folder: into,
      unprotected,
      redis,
    });
    closers.push(() => server.stop());
    // The slow `authorize` takes a name for a token.
    const token = first.server?.authorizeMs === undefined ? {} : { token: 'healthy' };
    const user = await startUser(server, { seed, ...token });
    closers.push(() => user.child.end('SIGKILL'));
    return { server, user };
  };
  try {
    const { server, user } = await start(folder);
    const control = short ? undefined : await start(join(folder, 'control'));
    if (first.ownCore && !short) {
      pin(server.pid, 'server');
      const others = [user.child, control?.server, control?.user.child];
      for (const each of others) if (each) pin(each.pid, 'others');
    }
    const stage = { options, server, healthy: user, ...(control && { control: control.user }) };
    const results: Result[] = [];
    for (const scenario of scenarios) {
      say(`\n${scenario.name}: ${scenario.about}`);
      results.push(...(await playOne(stage, scenario)));
    }
    return results;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function playOne(stage: Stage, scenario: Scenario): Promise<readonly Result[]> {
  const attacker = await Remote.start<AttackerHandlers>(helper('attacker'));
  if (!stage.options.short) {
    if (scenario.ownCore) pin(attacker.child.pid, 'others');
    yieldToOthers(attacker.child.pid);
  }
  try {
    return await attackBeside(stage, scenario, attacker);
  } finally {
    await attacker.child.end('SIGKILL');
  }
}

async function attackBeside(
  stage: Stage,
  scenario: Scenario,
  attacker: Attacker,
): Promise<readonly Result[]> {
  const { options, server } = stage;
  const { parts = [''] } = scenario;
  const { short, say } = options;
  const base = await prepare(stage, scenario, attacker);
  const before = await heldBefore(server);
  const played: { readonly part: string; readonly figures: Figures }[] = [];
  for (const part of parts) {
    const figures = await playPart(stage, scenario, attacker, part, base);
    played.push({ part, figures });
    say(`${titleOf(scenario.name, part)}: ${lineOf(figures)}`);
    if (!server.alive) await sayInputs(options, server, attacker);
  }
  // All that the attacker has open ends with it.
  await attacker.child.end('SIGKILL');
  const after = await figuresAfter(stage, scenario, before);
  const results = played.map(({ part, figures }) =>
    judged(scenario, part, { ...figures, ...after }, short),
  );
  for (const { part, broken } of results) {
    for (const line of broken) say(`  ${titleOf(scenario.name, part)}: ${line}`);
  }
  const { said } = attacker.child;
  if (said !== '') say(`  the attacker: ${said.slice(0, 2_000)}`);
  return results;
}

const formOf = ({ short }: AttackOptions) => (short ? SHORT : LONG);

/** Resolves with what the users measure while the attacker is in place and does nothing yet. */
async function prepare(
  { options, server, healthy, control }: Stage,
  { name }: Scenario,
  attacker: Attacker,
): Promise<Windows> {
  const { seed, replay } = options;
  const { scale, baseMs } = formOf(options);
  const kit = { port: server.port, seed, scale, replay };
  const prepared = await within(PREPARE_MS, attacker.ask('prepare', { name, options: kit }));
  if (!prepared) throw new Error(`${name} was not prepared after ${PREPARE_MS} ms.`);
  await windowsOf(healthy, control);
  await pause(baseMs);
  return windowsOf(healthy, control);
}

async function playPart(
  { options, server, healthy, control }: Stage,
  { name, arrivals }: Scenario,
  attacker: Attacker,
  part: string,
  base: Windows,
): Promise<Figures> {
  // What an earlier part has left does not count.
  const before = await heldBefore(server);
  // The garbage collection of that has held up some events, which the attack has not.
  await pause(formOf(options).quietMs);
  const watching = await watch(server, healthy, arrivals === true);
  await windowsOf(healthy, control);
  const counts = (await within(ATTACK_MS, attacker.ask('attack', { name, part }))) ?? {};
  const during = await windowsOf(healthy, control);
  return { ...compare(base, during), ...(await watching.stop(before, counts)), ...counts };
}

/** The figures that all parts of a scenario share: what is left of it, and what the server has logged. */
async function figuresAfter(
  { options, server, healthy }: Stage,
  scenario: Scenario,
  before: Held,
): Promise<Figures> {
  const { short, say } = options;
  const { settleMs, afterMs } = formOf(options);
  await pause(short ? settleMs : (scenario.settleMs ?? settleMs));
  await healthy.ask('window');
  await pause(afterMs);
  const { p99: afterP99Ms } = await healthy.ask('window');
  const left = await leftBehind(server, before);
  const totals = await healthy.ask('settle');
  const { rejections, errors } = server.bugs();
  for (const line of [...rejections, ...errors].slice(0, LOG_LINES)) say(`  log: ${line}`);
  return {
    afterP99Ms,
    ...left,
    ...totals,
    rejections: rejections.length,
    internalErrors: errors.length,
  };
}

/** Names what the server may have died of. */
async function sayInputs(
  { seed, say }: AttackOptions,
  server: AttackedServer,
  attacker: Attacker,
): Promise<void> {
  say(`The server has ended: ${server.said}`);
  const recent = await attacker.ask('recent');
  if (recent.length > 0) say(`Its last inputs: --seed ${seed} --replay ${recent.join(',')}`);
}

function judged(scenario: Scenario, part: string, figures: Figures, isShort: boolean): Result {
  const { name, finding, bounds, short = {} } = scenario;
  const wanted: readonly Bounds[] = [ALWAYS, isShort ? short : bounds];
  const broken = wanted.flatMap((each) => brokenBounds(figures, each));
  return { name, part, finding, figures, broken };
}

/** The figures of one attack, in a line. */
const lineOf = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${Math.round(value * 100) / 100}`)
    .join(', ');
