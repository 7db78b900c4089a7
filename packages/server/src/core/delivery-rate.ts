/**
 * How many events a second a client acknowledges: an average in which an event counts less the longer ago it was. It
 * takes two numbers for each session: the rate, and the time that it is of.
 */

/** After this time an event counts for a third: a dashboard shows a change within some seconds, and no jitter. */
const MEMORY_MS = 5_000;

/** The rate, per second, after a time without events. */
export const decayed = (rate: number, ms: number): number => rate * Math.exp(-ms / MEMORY_MS);

/** The rate, per second, with events of now. */
export const increased = (rate: number, events: number): number =>
  rate + events / (MEMORY_MS / 1_000);
