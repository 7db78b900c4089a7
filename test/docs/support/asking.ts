/** Questions to the model of the guides, and what it says. */

import { until } from '../../support/until.js';

/** What `reply(question)` says on the pages, its words joined. */
export const answerTo = (question: string): string =>
  `You asked: ${question} Here is an answer that takes a while. `;

/** Its answer takes seconds: it is not over when a busy machine shows the first words of it. */
export const LONG_QUESTION = `${'Cut off, '.repeat(60)}please?`;

/**
 * Asks until a page has heard an answer from its first word to its last. Each time the question has another number: what
 * was asked before has then been heard, too, or never will be.
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
