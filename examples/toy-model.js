/** Stands in for a model of LangChain's shape: `stream(messages, { signal })` yields chunks with `content`. */
export const model = {
  async *stream(messages, { signal }) {
    const [, question] = messages.at(-1);
    const earlier = messages.filter(([role]) => role === 'human').length - 1;
    for (const word of [`You`, ` asked`, ` “${question}”`, `, after ${earlier} other questions.`]) {
      signal.throwIfAborted();
      yield { content: word };
    }
  },
};
