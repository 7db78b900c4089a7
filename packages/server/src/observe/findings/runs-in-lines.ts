/** The replies that a trace tells of: a user's, on many threads. Pure. */

import { isoTime } from '../../util/iso-time.js';
import type { TraceLine } from '../session-trace/line.js';
import type { RunView } from '../views/run-pages.js';
import { textOf } from './lines.js';

/** Newest first. A run that was fenced has its end in a line of the node that ended it. */
export function runsIn(lines: readonly TraceLine[]): readonly RunView[] {
  const runs = new Map<string, RunView>();
  for (const line of lines) {
    const run_id = textOf(line, 'run_id');
    if (line.step === 'run_started') runs.set(run_id, started(run_id, line));
    const run = runs.get(run_id);
    const status = textOf(line, 'status') as RunView['status'] | 'fenced';
    if (line.step !== 'run_finished' || !run || status === 'fenced') continue;
    runs.set(run_id, { ...run, status, ended_at: isoTime(line.time) });
  }
  return [...runs.values()].reverse();
}

const started = (run_id: string, { node, time, published }: TraceLine): RunView => ({
  run_id,
  status: 'running',
  node,
  published: published === true,
  started_at: isoTime(time),
  ended_at: null,
});
