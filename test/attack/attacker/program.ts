/** The attacker's process: it prepares a scenario and plays it. */

import { Random } from '../../simulation/time/random.js';
import { answerWith } from '../../support/answer.mjs';
import type { Counts } from '../scenario.js';
import { scenarioOf } from '../scenarios/index.js';
import type { Kit, KitOptions } from './kit.js';

const recent: string[] = [];
let kit: Kit | undefined;

const handlers = {
  async prepare({ name, options }: { readonly name: string; readonly options: KitOptions }) {
    kit = {
      ...options,
      random: new Random(options.seed).fork(name),
      scaled: (value, least = 1) => Math.max(least, Math.round(value * options.scale)),
      recent,
      say: (line) => process.stdout.write(`${line}\n`),
    };
    await scenarioOf(name).prepare?.(kit);
    return true;
  },

  async attack({ name, part }: { readonly name: string; readonly part: string }): Promise<Counts> {
    if (!kit) throw new Error('Prepare first.');
    return scenarioOf(name).attack(kit, part);
  },

  /** The newest generated inputs. */
  recent: () => recent,
};

export type AttackerHandlers = typeof handlers;

answerWith(handlers);
