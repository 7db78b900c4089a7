/** The conversations of this server, by `GET /threads`. */

import { useEffect, useState } from 'react';

/** A part of what an entry has. */
interface ThreadEntry {
  readonly thread_id: string;
  /** The beginning of its first question, unless the app has given it another one. */
  readonly title: string | null;
  readonly running: boolean;
}

interface ThreadListProps {
  /** The one that is shown. */
  readonly current: string;
  /** Another value when a reply of it has begun or ended: the list is read again. */
  readonly version: string;
}

export function ThreadList({ current, version }: ThreadListProps) {
  const [threads, setThreads] = useState<readonly ThreadEntry[]>([]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another version is another list
  useEffect(() => {
    const controller = new AbortController();
    // The newest activity first. A server that does not let this page see it answers 403.
    fetch('/threads?limit=20', { signal: controller.signal })
      .then((response) => (response.ok ? response.json() : { threads: [] }))
      .then((page: { readonly threads: readonly ThreadEntry[] }) => setThreads(page.threads))
      .catch(() => {}); // Away for now: the list stays as it is.
    return () => controller.abort();
  }, [version]);

  if (threads.length === 0) return null;
  return (
    <details className="threads">
      <summary>Conversations</summary>
      <ul>
        {threads.map(({ thread_id, title, running }) => (
          <li key={thread_id}>
            <a
              href={`?thread=${encodeURIComponent(thread_id)}`}
              aria-current={thread_id === current ? 'page' : undefined}
            >
              {title ?? thread_id}
            </a>
            {running && ' · a reply is being written'}
          </li>
        ))}
      </ul>
    </details>
  );
}
