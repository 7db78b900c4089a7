/**
 * The reply of nobody: analysis, knowledge, next action and a reply text about the question itself,
 * at the pace of a language model. No key, no network; the same question gets the same answer.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Part, Responder } from './responder.js';

/** The pace and the length of the demo's replies. */
export interface DemoOptions {
  /** Parts per second; language models stream about this fast. */
  readonly partsPerSecond: number;
  /** Words of reply text, unless the question names a number ('in 600 words'); each is one part. */
  readonly words: number;
}

/** As many as a question may ask for: some three minutes at the default pace. */
const MAX_WORDS_ASKED_FOR = 5_000;

const SENTENCES_IN_PARAGRAPH = 6;

export const DEFAULT_DEMO: DemoOptions = { partsPerSecond: 30, words: 120 };

export function createDemoResponder(options: Partial<DemoOptions> = {}): Responder {
  const { partsPerSecond, words } = { ...DEFAULT_DEMO, ...options };
  return async function* respond({ user_input }, { signal }) {
    const startedAt = performance.now();
    let count = 0;
    for (const part of composeReply(user_input, lengthOf(user_input) ?? words)) {
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
    yield { type: 'message', index, delta: index === 0 ? value.trimStart() : value };
  }
  yield {
    type: 'next_action',
    action: 'ask_follow_up',
    text: `Ask what is hard about ${topic}.`,
    question: `What is hard about ${topic}, in 300 words?`,
  };
}

/** How long a reply the question asks for, if it says so. */
function lengthOf(question: string): number | undefined {
  const asked = /\b(\d{1,6}) words\b/i.exec(question)?.[1];
  return asked === undefined ? undefined : Math.min(Number(asked), MAX_WORDS_ASKED_FOR);
}

/** The longest word is as good a subject as any. */
function topicOf(question: string): string {
  const found = question.match(/[\p{L}\p{N}'-]+/gu) ?? [];
  return found.reduce((longest, word) => (word.length > longest.length ? word : longest), 'this');
}

/** Sentences about a topic, word by word with what stands before each, without end. */
function* wordsAbout(topic: string): Generator<string, never> {
  const sentences = [
    `The short answer on ${topic} is that it depends on what may break in between.`,
    'Every word you read here was written to disk before it was sent.',
    'Pull the cable, kill the server, reload the page: the reply goes on where it stopped.',
    `What makes ${topic} hard is not the sending but knowing what has arrived.`,
    'A cursor says where a reader is, and a log holds everything after it.',
    'A radio that sleeps, a tunnel, a lid that is closed: to the log they are all the same.',
    'Whoever keeps a queue for each reader has to empty it at just the right moment.',
    'Whoever keeps a log has only to remember a number.',
    `Seen like that, ${topic} is a matter of counting, and of never counting twice.`,
    'Sending again is easy; the art is to drop what has been applied already.',
    'A hole in the numbers is asked for, and a number that was seen before is let go.',
    'Nobody believes that a thing has arrived because it was sent.',
    `Two tabs that read about ${topic} read the same words, each at its own pace.`,
    'The slow one costs nothing but its place in the log.',
    'And when a server comes back, it knows from the disk what it had promised.',
    `So much of ${topic} is patience: wait a moment, try again, tell where you are.`,
    'What can no longer be had is announced, so that silence always means that all is well.',
    'So nothing is lost, nothing comes twice, and nothing comes out of order.',
  ];
  for (let index = 0; ; index += 1) {
    const [first = '', ...others] = (sentences[index % sentences.length] ?? '').split(' ');
    yield index % SENTENCES_IN_PARAGRAPH === 0 ? `\n\n${first}` : ` ${first}`;
    for (const word of others) yield ` ${word}`;
  }
}
