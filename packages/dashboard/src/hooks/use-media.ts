/** Whether the window is as a media query says. */

import { useCallback, useSyncExternalStore } from 'react';

export const NARROW = '(max-width: 760px)';
export const DARK = '(prefers-color-scheme: dark)';

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}
