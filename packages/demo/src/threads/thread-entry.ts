/** A conversation as the list of the server names it. Pure. */

export interface ThreadEntry {
  readonly thread_id: string;
  readonly title: string;
  /** Milliseconds since 1970; NaN if the server does not say. */
  readonly lastActivity: number;
  readonly running: boolean;
}

export interface ThreadPage {
  readonly entries: readonly ThreadEntry[];
  /** Of the next page; null at the end. */
  readonly cursor: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** What `GET /threads` has answered; entries that cannot be read are left out. */
export function readThreadPage(answer: unknown): ThreadPage {
  const { threads, cursor } = (answer ?? {}) as Fields;
  return {
    entries: Array.isArray(threads) ? threads.flatMap(readEntry) : [],
    cursor: typeof cursor === 'string' ? cursor : null,
  };
}

function readEntry(entry: unknown): readonly ThreadEntry[] {
  const { thread_id, title, last_activity, running } = (entry ?? {}) as Fields;
  if (typeof thread_id !== 'string') return [];
  return [
    {
      thread_id,
      title: typeof title === 'string' && title.trim() !== '' ? title : thread_id,
      lastActivity: Date.parse(String(last_activity)),
      running: running === true,
    },
  ];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long ago something was, in a word or two. */
export function ageOf(at: number, now: number): string {
  const age = now - at;
  if (Number.isNaN(age)) return '';
  if (age < MINUTE_MS) return 'just now';
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min ago`;
  if (age < DAY_MS) return `${Math.floor(age / HOUR_MS)} h ago`;
  const days = Math.floor(age / DAY_MS);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}
