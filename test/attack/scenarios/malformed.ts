/** Generated inputs that are wrong in every way that the grammars know, on every channel. */

import { pause } from '../../support/until.js';
import type { Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { GRAMMAR_NAMES, type Grammar, inputOf, shownInput } from '../fuzz/inputs.js';
import { PLAYERS } from '../fuzz/players.js';
import { type Counts, scenario } from '../scenario.js';

/** Of each grammar. */
const INPUTS = 40_000;
const PER_SECOND = 1_000;
const AT_A_TIME = 64;
const DEADLINE_MS = 180_000;
const MAX_RECENT = 64;

export const malformed = scenario({
  name: 'malformed',
  finding: 'I11',
  about:
    'generated malformed inputs, 1,000 a second, on sockets, in polling payloads, frames and HTTP requests',
  parts: GRAMMAR_NAMES,
  attack: (kit, part) => play(kit, part as Grammar),
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
});

async function play(kit: Kit, grammar: Grammar): Promise<Counts> {
  const wanted = kit.scaled(INPUTS);
  const player = PLAYERS[grammar](kit);
  let wrongAnswers = 0;
  const one = async (index: number) => {
    kit.recent.push(`${grammar}:${index}`);
    if (kit.recent.length > MAX_RECENT) kit.recent.shift();
    const wrong = await player(inputOf(grammar, kit.seed, index));
    if (wrong === undefined) return;
    wrongAnswers += 1;
    kit.say(`${grammar}:${index} or one just before it was answered with ${wrong}`);
  };
  const began = performance.now();
  const paced = async (index: number) => {
    const early = began + (index * 1_000) / PER_SECOND - performance.now();
    if (early > 0) await pause(early);
    await one(index);
  };
  const replayed = kit.replay.filter((name) => name.startsWith(`${grammar}:`));
  if (kit.replay.length > 0) {
    for (const name of replayed) {
      const index = Number(name.split(':')[1]);
      kit.say(`${name}: ${shownInput(inputOf(grammar, kit.seed, index))}`);
      await one(index);
    }
    return { inputs: replayed.length, missedInputs: 0, wrongAnswers };
  }
  const inputs = await atATime(AT_A_TIME, wanted, paced, began + DEADLINE_MS);
  return { inputs, missedInputs: wanted - inputs, wrongAnswers };
}
