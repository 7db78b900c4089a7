/** A thread after many replies: each some hundred deltas, with or without a compacted range over them. */

import type { LogStore } from '@session-monitor/server';
import { EVENT } from './payload.js';
import type { RepliesOptions } from './peers/peer.js';

const WORD = ' wordy';

export async function fillWithReplies(
  logs: LogStore,
  thread: string,
  { runs, words, compacted }: RepliesOptions,
): Promise<void> {
  const { epoch } = await logs.open(thread);
  for (let run = 0; run < runs; run += 1) {
    const names = { run_id: `run-${run}`.padEnd(22, '-'), thread_id: thread };
    // The load checks that it is given 1, 2, 3 …
    const before = run * ((compacted ? 1 : words) + 2);
    const event = (name: string, n: number, data: object) =>
      JSON.stringify([name, { ...data, ...names, n: before + n, t: 0 }]);
    const text = (index: number, delta: string) =>
      event(EVENT, index + 2, { type: 'message', index, delta });
    const outcome = await logs.append(thread, [
      event('run_started', 1, { type: 'run_started', user_input: 'Why?' }),
      ...Array.from({ length: words }, (_, index) => text(index, WORD)),
      event('run_finished', (compacted ? 1 : words) + 2, { status: 'completed' }),
    ]);
    if (outcome.outcome !== 'appended') throw new Error(`The replies were ${outcome.outcome}`);
    const [first, last] = [outcome.first + 1, outcome.last - 1];
    const whole = text(0, WORD.repeat(words));
    if (compacted) await logs.compact(thread, epoch, [{ first, last, event: whole }]);
  }
}
