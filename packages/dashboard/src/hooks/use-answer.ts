/** An answer of the server in a view, asked for again and again while the page is seen. */

import { useCallback, useEffect, useState } from 'react';
import type { Problem } from '../model/problem.js';
import { useShared } from './context.js';

export interface Asked<T> {
  /** The newest answer; what is shown stays while the server does not answer. */
  readonly value: T | undefined;
  /** Why the last question had no answer. */
  readonly problem: Problem | undefined;
  readonly askAgain: () => void;
}

interface Known<T> {
  readonly path: string;
  readonly value?: T;
  readonly problem?: Problem;
}

/**
 * @param path below the base path of the server; empty: nothing is asked
 * @param everyMs between an answer and the next question; 0: it is asked once
 */
export function useAnswer<T>(path: string, everyMs = 0): Asked<T> {
  const { server } = useShared();
  const [known, setKnown] = useState<Known<T>>({ path });
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another round asks again
  useEffect(() => {
    if (path === '') return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const answer = await server.get<T>(path, controller.signal);
      if (controller.signal.aborted) return;
      setKnown((before) => {
        if (answer.ok) return { path, value: answer.value };
        const kept = before.path === path && before.value !== undefined;
        return { path, ...(kept && { value: before.value }), problem: answer.problem };
      });
      if (everyMs > 0) timer = setTimeout(whenSeen, everyMs);
    };
    // A page in the background asks nothing.
    const whenSeen = () => {
      if (document.visibilityState === 'visible') void ask();
      else document.addEventListener('visibilitychange', whenSeen, { once: true });
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', whenSeen);
    };
  }, [server, path, everyMs, round]);

  const askAgain = useCallback(() => setRound((before) => before + 1), []);
  const isCurrent = known.path === path;
  return {
    value: isCurrent ? known.value : undefined,
    problem: isCurrent ? known.problem : undefined,
    askAgain,
  };
}
