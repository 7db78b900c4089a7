/** Stands in for a language model: an answer of so many words, some 25 a second. */

const WORDS = 'Every word of this reply is on the disk before you read it.'.split(' ');

export async function* answer(question: string, words = 100): AsyncGenerator<string> {
  yield `You asked: ${question}`;
  for (let n = 0; n < words; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    yield ` ${WORDS[n % WORDS.length]}`;
  }
}
