/**
 * The reply of nobody: analysis, knowledge, next action and a reply text about the question itself,
 * at the pace of a language model. No key, no network; the same question gets the same answer.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Part, Responder } from './responder.js';

export interface DemoOptions {
  /** Parts per second; language models stream about this fast. */
  readonly partsPerSecond: number;
  /** Words of reply text; each is one part. */
  readonly words: number;
}

export const DEFAULT_DEMO: DemoOptions = { partsPerSecond: 30, words: 120 };

export function createDemoResponder(options: Partial<DemoOptions> = {}): Responder {
  const { partsPerSecond, words } = { ...DEFAULT_DEMO, ...options };
  return async function* respond({ user_input }, { signal }) {
    const startedAt = performance.now();
    let count = 0;
    for (const part of composeReply(user_input, words)) {
      // Paced against the start, not the last part: a slow step does not slow the whole reply down.
      const dueAt = startedAt + (count * 1_000) / partsPerSecond;
      await sleep(Math.max(0, dueAt - performance.now()), undefined, { signal });
      yield part;
      count += 1;
    }
  };
}

/** The parts of the reply to a question. Exported for tests: pure, and of a known length. */
export function* composeReply(user_input: string, words: number): Generator<Part> {
  const question = user_input.trim().replace(/\s+/g, ' ').slice(0, 80);
  const topic = topicOf(question);
  yield { type: 'analysis', step: 1, text: `Reading the question: “${question}”` };
  yield { type: 'analysis', step: 2, text: `The subject seems to be ${topic}.` };
  yield { type: 'knowledge', title: `What is known about ${topic}`, source: 'demo', score: 0.87 };
  yield { type: 'analysis', step: 3, text: 'Putting an answer together.' };
  const text = wordsAbout(topic);
  for (let index = 0; index < words; index += 1) {
    const { value } = text.next();
    yield { type: 'message', index, delta: index === 0 ? value : ` ${value}` };
  }
  yield { type: 'next_action', action: 'ask_follow_up', text: `Ask how ${topic} is measured.` };
}

/** The longest word is as good a subject as any. */
function topicOf(question: string): string {
  const found = question.match(/[\p{L}\p{N}'-]+/gu) ?? [];
  return found.reduce((longest, word) => (word.length > longest.length ? word : longest), 'this');
}

/** Sentences about a topic, word by word, without end. */
function* wordsAbout(topic: string): Generator<string, never> {
  const sentences = [
    `The short answer on ${topic} is that it depends on what may break in between.`,
    'Every word you read here was written to disk before it was sent.',
    'Pull the cable, kill the server, reload the page: the reply goes on where it stopped.',
    `What makes ${topic} hard is not the sending but knowing what has arrived.`,
    'A cursor says where a reader is, and a log holds everything after it.',
    'So nothing is lost, nothing comes twice, and nothing comes out of order.',
  ];
  for (let index = 0; ; index += 1) {
    yield* (sentences[index % sentences.length] ?? '').split(' ');
  }
}
