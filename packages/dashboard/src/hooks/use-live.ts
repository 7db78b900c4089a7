/** The live stream in a view. */

import { useEffect, useSyncExternalStore } from 'react';
import { type LiveView, TOTALS_ALONE } from '../server/live-connection.js';
import { useShared } from './context.js';

/** What the stream has brought so far. */
export function useLiveView(): LiveView {
  const { live } = useShared();
  return useSyncExternalStore(live.subscribe, () => live.view);
}

/** Shows the rows of a query for as long as the view is there; the figures alone after that. */
export function useLiveRows(query: string): void {
  const { live } = useShared();
  useEffect(() => live.show(query), [live, query]);
  useEffect(() => () => live.show(TOTALS_ALONE), [live]);
}
