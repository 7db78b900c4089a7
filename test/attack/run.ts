/** Plays scenarios one after another on a server, beside a healthy user. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { helper, type Say } from '../harness/program.js';
import { Remote } from '../support/remote.js';
import { pause, within } from '../support/until.js';
import type { AttackerHandlers } from './attacker/program.js';
import { ALWAYS, type Bounds, brokenBounds, type Figures } from './judge.js';
import { heldBefore, leftBehind, watch } from './measure.js';
import { type Result, titleOf } from './result.js';
import type { Scenario } from './scenario.js';
import { AttackedServer } from './server/attacked-server.js';
import { canPin, pin, yieldToOthers } from './server/pin.js';
import { compare, type Healthy, startUser, windowsOf } from './users.js';

export interface AttackOptions {
  readonly seed: number;
  /** A second or two for each attack, and the bounds of `npm test`. */
  readonly short: boolean;
  /** The server limits none of its peers. */
  readonly unprotected: boolean;
  readonly replay: readonly string[];
  readonly folder: string;
  readonly say: Say;
}

/** Times and sizes of the two forms. The short one judges no latency: it needs no base. */
const LONG = { scale: 1, baseMs: 15_000, settleMs: 5_000, afterMs: 5_000 };
const SHORT = { scale: 0.02, baseMs: 200, settleMs: 200, afterMs: 0 };
/** An attack that has not ended by then is given up. */
const ATTACK_MS = 240_000;
const PREPARE_MS = 180_000;
const LOG_LINES = 3;

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
  const { seed, short, unprotected, say } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const start = async (into: string) => {
    mkdirSync(into);
    const server = await AttackedServer.start(first, into, unprotected);
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
  if (canPin()) pin(attacker.child.pid, 'others');
  yieldToOthers(attacker.child.pid);
  try {
    return await attackBeside(stage, scenario, attacker);
  } finally {
    await attacker.child.end('SIGKILL');
  }
}

async function attackBeside(
  { options, server, healthy, control }: Stage,
  scenario: Scenario,
  attacker: Remote<AttackerHandlers>,
): Promise<readonly Result[]> {
  const { name, parts = [''], arrivals = false } = scenario;
  const { seed, short, replay, say } = options;
  const form = short ? SHORT : LONG;
  const kit = { port: server.port, seed, scale: form.scale, replay };
  const prepared = await within(PREPARE_MS, attacker.ask('prepare', { name, options: kit }));
  if (!prepared) throw new Error(`${name} was not prepared after ${PREPARE_MS} ms.`);
  await windowsOf(healthy, control);
  await pause(form.baseMs);
  const base = await windowsOf(healthy, control);
  const before = await heldBefore(server);

  const played: { readonly part: string; readonly figures: Figures }[] = [];
  for (const part of parts) {
    // What an earlier part has left does not count.
    const beforePart = await heldBefore(server);
    const watching = await watch(server, healthy, arrivals);
    await windowsOf(healthy, control);
    const counts = (await within(ATTACK_MS, attacker.ask('attack', { name, part }))) ?? {};
    const during = await windowsOf(healthy, control);
    const figures = {
      ...compare(base, during),
      ...(await watching.stop(beforePart, counts)),
      ...counts,
    };
    played.push({ part, figures });
    say(`${titleOf(name, part)}: ${lineOf(figures)}`);
    if (!server.alive) await sayInputs(options, server, attacker);
  }

  // All that the attacker has open ends with it.
  await attacker.child.end('SIGKILL');
  await pause(short ? form.settleMs : (scenario.settleMs ?? form.settleMs));
  await healthy.ask('window');
  await pause(form.afterMs);
  const after = await healthy.ask('window');
  const left = await leftBehind(server, before);
  const shared = { afterP99Ms: after.p99, ...left, ...(await healthy.ask('settle')) };
  const bugs = server.bugs();
  for (const line of [...bugs.rejections, ...bugs.errors].slice(0, LOG_LINES))
    say(`  log: ${line}`);
  const all = { ...shared, rejections: bugs.rejections.length, internalErrors: bugs.errors.length };
  const results = played.map(({ part, figures }) =>
    judged(scenario, part, { ...figures, ...all }, short),
  );
  for (const { part, broken } of results) {
    for (const line of broken) say(`  ${titleOf(name, part)}: ${line}`);
  }
  const { said } = attacker.child;
  if (said !== '') say(`  the attacker: ${said.slice(0, 2_000)}`);
  return results;
}

/** Names what the server may have died of. */
async function sayInputs(
  { seed, say }: AttackOptions,
  server: AttackedServer,
  attacker: Remote<AttackerHandlers>,
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
