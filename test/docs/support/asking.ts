/** Questions to the model of the guides, and its answers. */

import { until } from '../../support/until.js';

/** The joined words of `reply(question)` on the pages. */
export const answerTo = (question: string): string =>
  `You asked: ${question} Here is an answer that takes a while. `;

/** Its answer takes seconds, so that it still runs when a busy machine shows its first words. */
export const LONG_QUESTION = `${'Cut off, '.repeat(60)}please?`;

/**
 * Asks until a page has shown a whole answer. Each question has another number. When its answer is complete, the
 * earlier answers are complete, too, or lost.
 */
export async function askUntilHeard(
  ask: (question: string) => Promise<void>,
  shown: () => Promise<string>,
  question: string,
): Promise<void> {
  let count = 0;
  await until(
    'the page has heard an answer',
    async () => {
      count += 1;
      const numbered = `${question} ${count}`;
      await ask(numbered);
      return (await shown()).endsWith(answerTo(numbered));
    },
    { state: shown },
  );
}
