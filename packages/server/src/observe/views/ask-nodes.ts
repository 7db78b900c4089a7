/** Asks the other nodes of a store something at the same time. */

import type { SessionServerInternals } from '../../session-engine.js';

export interface NodeAnswers<T> {
  /** By node. */
  readonly answers: ReadonlyMap<string, T>;
  /** Nodes that live and did not answer. One of an earlier version may not know the question. */
  readonly unreachable: readonly string[];
}

/** @param isAsked which of the others are asked; all if left out */
export async function askNodes<T>(
  { membership }: Pick<SessionServerInternals, 'membership'>,
  query: { readonly about: string },
  isAsked: (node: string) => boolean = () => true,
): Promise<NodeAnswers<T>> {
  const others = membership?.others.filter(isAsked) ?? [];
  const answers = new Map<string, T>();
  await Promise.all(
    others.map(async (node) => {
      const answer = await membership?.rpc.call(node, query);
      if (answer !== undefined) answers.set(node, answer as T);
    }),
  );
  return { answers, unreachable: others.filter((node) => !answers.has(node)) };
}
