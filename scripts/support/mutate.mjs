/** Takes a rule out of a source text. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

/**
 * Throws if a text does not stand there exactly once: such a mutant is out of date.
 *
 * @param {string} code
 * @param {import('../../test/simulation/mutants.mjs').Mutant} mutant
 */
export const mutated = (code, { file, find, replace, also }) =>
  [{ find, replace }, also].filter(Boolean).reduce((text, edit) => {
    const parts = text.split(edit.find);
    if (parts.length === 2) return parts.join(edit.replace);
    throw new Error(`${file} holds ${parts.length - 1} times: ${edit.find}`);
  }, code);

/**
 * What is wrong with mutants that do not fit the sources any more.
 *
 * @param {readonly import('../../test/simulation/mutants.mjs').Mutant[]} mutants
 * @returns {readonly string[]}
 */
export function outOfDate(mutants) {
  return mutants.flatMap((mutant) => {
    try {
      mutated(readFileSync(join(ROOT, mutant.file), 'utf8'), mutant);
      return [];
    } catch (error) {
      return [`${mutant.name}: ${error.message}`];
    }
  });
}
