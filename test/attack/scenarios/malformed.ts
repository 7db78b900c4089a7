/** Generated inputs that are wrong in every way that the grammars know, on every channel. */

import { pause } from '../../support/until.js';
import type { Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { GRAMMAR_NAMES, type Grammar, inputOf, shownInput } from '../fuzz/inputs.js';
import { PLAYERS } from '../fuzz/players.js';
import type { Counts, Scenario } from '../scenario.js';

/** Of each grammar. */
const INPUTS = 40_000;
const WARM_UP = 6_000;
const PER_SECOND = 1_000;
const AT_A_TIME = 64;
const DEADLINE_MS = 180_000;
const MAX_RECENT = 64;

export const malformed: Scenario = {
  name: 'malformed',
  finding: 'I11',
  about:
    'generated malformed inputs, 1,000 a second, on sockets, in polling payloads, frames and HTTP requests',
  ownCore: true,
  parts: GRAMMAR_NAMES,
  prepare: warmUp,
  attack: (kit, part) => attack(kit, part as Grammar),
  settleMs: 60_000,
  bounds: {
    most: {
      ratio: 1.5,
      missedInputs: 0,
      wrongAnswers: 0,
      heldGrowthPercent: 5,
      descriptorGrowthPercent: 5,
    },
  },
  short: { most: { missedInputs: 0, wrongAnswers: 0, descriptorGrowth: 20 } },
};

/** Other inputs. Code is compiled and pools are filled before the base: what stays of that is no leak. */
async function warmUp(kit: Kit): Promise<void> {
  if (kit.replay.length > 0) return;
  for (const grammar of GRAMMAR_NAMES) await play(kit, grammar, INPUTS, kit.scaled(WARM_UP));
}

async function attack(kit: Kit, grammar: Grammar): Promise<Counts> {
  if (kit.replay.length === 0) return play(kit, grammar, 0, kit.scaled(INPUTS));
  const counts = { inputs: 0, missedInputs: 0, wrongAnswers: 0 };
  for (const name of kit.replay.filter((each) => each.startsWith(`${grammar}:`))) {
    const index = Number(name.split(':')[1]);
    kit.say(`${name}: ${shownInput(inputOf(grammar, kit.seed, index))}`);
    counts.wrongAnswers += (await play(kit, grammar, index, 1)).wrongAnswers;
    counts.inputs += 1;
  }
  return counts;
}

/** Plays so many inputs, from one number on. */
async function play(kit: Kit, grammar: Grammar, from: number, count: number) {
  const player = PLAYERS[grammar](kit);
  const began = performance.now();
  let wrongAnswers = 0;
  const one = async (position: number) => {
    const early = began + (position * 1_000) / PER_SECOND - performance.now();
    if (early > 0) await pause(early);
    const name = `${grammar}:${from + position}`;
    kit.recent.push(name);
    if (kit.recent.length > MAX_RECENT) kit.recent.shift();
    const wrong = await player.play(inputOf(grammar, kit.seed, from + position));
    if (wrong === undefined) return;
    wrongAnswers += 1;
    kit.say(`${name} or one just before it was answered with ${wrong}`);
  };
  const inputs = await atATime(AT_A_TIME, count, one, began + DEADLINE_MS);
  player.close();
  return { inputs, missedInputs: count - inputs, wrongAnswers };
}
