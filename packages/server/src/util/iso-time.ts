/** Wall-clock times as they are written on the wire and shown: ISO 8601, in UTC. */

let known = Number.NaN;
let text = '';

/**
 * Caches the newest text: a busy server answers dozens of pings within a millisecond.
 *
 * @param wall milliseconds since 1970
 */
export function isoTime(wall: number): string {
  if (wall !== known) {
    text = new Date(wall).toISOString();
    known = wall;
  }
  return text;
}
