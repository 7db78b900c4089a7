/**
 * The text of the demo's replies, word by word: about what a question asks, as far as the demo knows it, in whole
 * sentences, and about as long as wanted. Pure: the same question gets the same answer.
 */

import { DEMO_CORPUS, type DemoSection } from './demo-corpus.js';

/** What a question asks, as far as the demo understands it. */
export interface DemoSubject {
  /** A section's topic, or the words of the question. */
  readonly topic: string;
  /** The section about the topic, then all others. */
  readonly sections: readonly DemoSection[];
  readonly isKnown: boolean;
}

/** Differs by question: it decides the order of the sentences. */
export type Variation = number;

/** A sentence, an item or a heading, never cut. */
interface Unit {
  /** Each with the white space and the Markdown before it. */
  readonly words: readonly string[];
  /** Whether a reply may end here. */
  readonly mayEnd: boolean;
}

const MAX_TOPIC_LENGTH = 48;
const LENGTH_WANTED = /,?\s*\b(?:in|with|using|of)?\s*(?:about|around)?\s*(\d{1,6}) words\b/i;
const OPENING =
  /^(?:please\s+)?(?:(?:what|who|where|when|why|how|which)(?:'s)?\s+(?:(?:is|are|was|were|do|does|did|can|could|would|should)\b)?|explain|describe|tell me(?: something)?(?: about)?|say something(?: about)?|write(?: something)?(?: about)?|and)\s+/i;
const FILLERS = /^(?:(?:the|a|an|of|about|on|to|me|my|i|you|we)\s+)+/i;

/** How many words a question asks for, if it says so. */
export function wordsWanted(message: string): number | undefined {
  const wanted = LENGTH_WANTED.exec(message)?.[1];
  return wanted === undefined ? undefined : Number(wanted);
}

export function subjectOf(message: string): DemoSubject {
  const asked = message
    .replace(LENGTH_WANTED, '')
    .replace(/[\s?!.…,:;]+$/u, '')
    .trim();
  const words = asked.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];
  const scores = DEMO_CORPUS.map((section) => scoreOf(section, words));
  const best = Math.max(...scores);
  const known = best > 0 ? DEMO_CORPUS[scores.indexOf(best)] : undefined;
  const others = shuffled(
    DEMO_CORPUS.filter((section) => section !== known),
    variationOf(message),
  );
  return {
    topic: known?.topic ?? phraseOf(asked),
    sections: known ? [known, ...others] : others,
    isKnown: known !== undefined,
  };
}

/** The words of a question that say what it is about. */
function phraseOf(asked: string): string {
  const phrase = asked.replace(OPENING, '').replace(FILLERS, '') || asked || 'this';
  if (phrase.length <= MAX_TOPIC_LENGTH) return phrase;
  return `${phrase.slice(0, phrase.lastIndexOf(' ', MAX_TOPIC_LENGTH) + 1 || MAX_TOPIC_LENGTH).trim()} …`;
}

/** Counts the words about the section; an early one counts a little more. */
function scoreOf({ keywords }: DemoSection, words: readonly string[]): number {
  const found = words.map((word, index) =>
    keywords.includes(word) || keywords.includes(singular(word)) ? 1 - index / 1_000 : 0,
  );
  return found.reduce((sum, score) => sum + score, 0);
}

const singular = (word: string): string =>
  word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;

/** FNV-1a. */
export function variationOf(message: string): Variation {
  let hash = 0x811c9dc5;
  for (const letter of message) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** Whole sentences, as near to a number of words as possible; at least one of them unless no word is wanted. */
export function wholeSentences(
  subject: DemoSubject,
  variation: Variation,
  wanted: number,
): readonly string[] {
  const words: string[] = [];
  /** The last possible end within the wanted words. */
  let before = 0;
  for (const unit of wanted === 0 ? [] : unitsAbout(subject, variation)) {
    words.push(...unit.words);
    if (!unit.mayEnd) continue;
    if (words.length >= wanted) break;
    before = words.length;
  }
  const isBeforeNearer = before > 0 && wanted - before < words.length - wanted;
  return isBeforeNearer ? words.slice(0, before) : words;
}

/** Exactly `wanted` words, wherever that cuts. */
export function* exactWords(
  subject: DemoSubject,
  variation: Variation,
  wanted: number,
): Generator<string> {
  let count = 0;
  if (wanted === 0) return;
  for (const { words } of unitsAbout(subject, variation)) {
    for (const word of words) {
      yield word;
      count += 1;
      if (count === wanted) return;
    }
  }
}

/** Yields units without end. */
function* unitsAbout({ topic, sections, isKnown }: DemoSubject, variation: Variation) {
  if (!isKnown) {
    yield sentence('', `This demo has no language model, so it knows nothing about “${topic}”.`);
    yield sentence(' ', 'It knows how these words reach you, and that is what it tells.');
  }
  for (let round = 0; ; round += 1) {
    for (const [index, section] of sections.entries()) {
      const isFirst = round === 0 && index === 0 && isKnown;
      yield* unitsOf(section, isFirst, variation + round);
    }
    yield sentence('\n\n', 'From here on this demo repeats itself: it knows no more.');
  }
}

function* unitsOf(
  { heading, sentences, list }: DemoSection,
  isFirst: boolean,
  variation: Variation,
): Generator<Unit> {
  const [answer = '', ...others] = sentences;
  if (!isFirst) yield { ...sentence('\n\n## ', heading), mayEnd: false };
  yield sentence(isFirst ? '' : '\n\n', answer);
  const rest = shuffled(others, variation);
  const half = Math.ceil(rest.length / 2);
  for (const each of rest.slice(0, half)) yield sentence(' ', each);
  yield { ...sentence('\n\n', list.intro), mayEnd: false };
  for (const [index, item] of list.items.entries()) {
    yield sentence(index === 0 ? '\n\n- ' : '\n- ', item);
  }
  for (const [index, each] of rest.slice(half).entries()) {
    yield sentence(index === 0 ? '\n\n' : ' ', each);
  }
}

/** @param before the white space and Markdown before the sentence */
function sentence(before: string, text: string): Unit {
  const [first = '', ...others] = text.split(' ');
  return { words: [before + first, ...others.map((word) => ` ${word}`)], mayEnd: true };
}

/** Shuffles a list into an order that follows from a seed. */
function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  let state = seed | 1;
  const keyed = list.map((item) => {
    // Xorshift: the order must repeat, not be random.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return { item, key: state >>> 0 };
  });
  return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
}
