/** Stands in for a language model: an answer of so many words, some 25 a second. */

const WORDS = [
  'Every',
  'word',
  'of',
  'this',
  'reply',
  'is',
  'on',
  'the',
  'disk',
  'before',
  'you',
  'read',
  'it.',
];

export async function* answer(question, words = 100) {
  yield `You asked: ${question}`;
  for (let n = 0; n < words; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    yield ` ${WORDS[n % WORDS.length]}`;
  }
}
