/** Tells operators that the store refuses writes because it is nearly full: a line a minute, with how often. */

import type { Store } from '../stores/store.js';
import type { Clock } from '../util/clock.js';
import type { LimitHits } from './limit-hits.js';
import { RepeatedLine } from './repeated-line.js';
import type { Logger } from './trace.js';

export interface FullStorageDeps {
  readonly store: Pick<Store, 'space'>;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'after' | 'now'>;
  readonly logger: Logger;
}

/** Returns the function that ends this. */
export function watchFullStorage({ store, hits, clock, logger }: FullStorageDeps): () => void {
  const line = new RepeatedLine(clock, (fields) =>
    logger.error(
      fields,
      'The storage is nearly full: writes of clients are refused. Free some space, erase threads, or shorten the retention.',
    ),
  );
  const stop = store.space?.onRefusal(({ growth, thread_id }) => {
    hits.add('storage', { thread_id, detail: growth });
    line.write(() => ({ code: 'storage_full' }));
  });
  return () => {
    stop?.();
    line.stop();
  };
}
