/** The address of the page. */

import { useMemo, useSyncExternalStore } from 'react';
import { hashOf, parseRoute, type Route } from '../model/route.js';

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => parseRoute(hash), [hash]);
}

export function goTo(route: Route): void {
  window.location.hash = hashOf(route);
}

/** The same without an entry in the history: for what is typed letter by letter. */
export function replaceRoute(route: Route): void {
  window.history.replaceState(null, '', hashOf(route));
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
