/** Suggests the option name that a typo was probably meant to be. */

/** Names that have been warned about; a page makes many monitors with the same options. */
const warned = new Set<string>();
/** Names come from the app's source; the bound holds if they do not (I9). */
const MAX_WARNED = 100;

/** Further away than this, two names have nothing to do with each other. */
const MAX_DISTANCE = 3;

export function warnOfUnknownName(name: string, known: readonly string[]): void {
  if (warned.has(name) || warned.size >= MAX_WARNED) return;
  warned.add(name);
  const nearest = nearestName(name, known);
  const meant =
    nearest === undefined ? `Known: ${known.join(', ')}.` : `Did you mean '${nearest}'?`;
  console.warn(`[SessionMonitor] There is no option '${name}'. ${meant}`);
}

/** The known name that takes the fewest changes; none if that is too many. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll('_', '');
  let best: string | undefined;
  let least = Math.min(MAX_DISTANCE, Math.ceil(name.length / 2)) + 1;
  for (const each of known) {
    const distance = distanceOf(plain(name), plain(each));
    if (distance < least) {
      least = distance;
      best = each;
    }
  }
  return best;
}

/** Levenshtein's: insertions, deletions and replacements from one to the other. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const kept = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(kept, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
