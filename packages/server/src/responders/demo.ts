/**
 * Replies without a model: analysis, knowledge, next action and a text about this product, at the pace of a language
 * model. No key, no network; the same question gets the same answer.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { exactWords, subjectOf, variationOf, wholeSentences, wordsWanted } from './demo-reply.js';
import type { Part, Responder } from './responder.js';

/** The pace and the length of the demo's replies. */
export interface DemoOptions {
  /** Parts per second; language models stream about this fast. */
  readonly partsPerSecond: number;
  /**
   * Words of reply text, unless the message names a number ('in 600 words'); each is one part. A reply ends with a
   * sentence, so it has a few words more or less.
   */
  readonly words: number;
  /** Cut the reply at the exact number of words, even within a sentence: for tests that count parts. Default false. */
  readonly exact: boolean;
}

/** The most words that a question may ask for: some three minutes at the default pace. */
const MAX_WORDS_ASKED_FOR = 5_000;

export const DEFAULT_DEMO: DemoOptions = { partsPerSecond: 30, words: 120, exact: false };

export function createDemoResponder(options: Partial<DemoOptions> = {}): Responder {
  const { partsPerSecond, ...length } = { ...DEFAULT_DEMO, ...options };
  return async function* respond({ user_input }, { signal }) {
    const startedAt = performance.now();
    let count = 0;
    for (const part of composeReply(user_input, length)) {
      // Paced against the start, not the last part: a slow step does not slow the whole reply down.
      const dueAt = startedAt + (count * 1_000) / partsPerSecond;
      await sleep(Math.max(0, dueAt - performance.now()), undefined, { signal });
      yield part;
      count += 1;
    }
  };
}

/** The parts of the reply to a question. */
export function* composeReply(
  user_input: string,
  { words, exact }: Pick<DemoOptions, 'words' | 'exact'>,
): Generator<Part> {
  const message = user_input.trim().replace(/\s+/g, ' ').slice(0, 200);
  const subject = subjectOf(message);
  const { topic, isKnown, sections } = subject;
  const asked = wordsWanted(message);
  const wanted = asked === undefined ? words : Math.min(asked, MAX_WORDS_ASKED_FOR);
  yield { type: 'analysis', step: 1, text: `Read the question: “${message}”` };
  yield {
    type: 'analysis',
    step: 2,
    text: isKnown
      ? `Found its subject: ${topic}.`
      : `Found nothing about “${topic}”: this demo knows only how its words travel.`,
  };
  yield { type: 'knowledge', title: sections[0]?.source ?? '', source: 'demo', score: 0.87 };
  yield { type: 'analysis', step: 3, text: `Write an answer of about ${wanted} words.` };
  const compose = exact ? exactWords : wholeSentences;
  let index = 0;
  for (const delta of compose(subject, variationOf(message), wanted)) {
    yield { type: 'message', index, delta };
    index += 1;
  }
  const next = sections[1]?.question ?? '';
  yield {
    type: 'next_action',
    action: 'ask_follow_up',
    text: `${next}?`,
    question: `${next}, in 150 words?`,
  };
}
