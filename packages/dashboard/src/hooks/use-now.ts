/** The time in a view: ages and countdowns go on by themselves. */

import { useEffect, useState } from 'react';

/** Milliseconds since 1970, new each second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
