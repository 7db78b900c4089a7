/** Log ids: a thread's own log, and the private logs of its runs, which only the asking client may read. */

import type { RunKey } from './store.js';

/** No `thread_id` contains it, so no client can name the private log of a run (I10). */
const SEPARATOR = '~';

/** The log of a run whose parts are not published to its thread. */
export const privateLogOf = ({ thread_id, run_id }: RunKey): string =>
  `${thread_id}${SEPARATOR}run.${run_id}`;

/** Whether a log is a thread's own. */
export const isThreadLog = (log_id: string): boolean => threadOfLog(log_id) === log_id;

/** The thread that a log belongs to: its own, or that of the run. A store keeps all logs of a thread in one place. */
export function threadOfLog(log_id: string): string {
  const end = log_id.indexOf(SEPARATOR);
  return end > 0 ? log_id.slice(0, end) : log_id;
}
