/** How long to wait before trying again. Pure: the random number is an argument. */

/** A link that was up this long and then broke was a blip: the first retry goes at once. */
export const BLIP_AFTER_MS = 5_000;
/** First retries spread over this time, so that a restarted server does not meet every client at once. */
const BLIP_SPREAD_MS = 20;

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * How many further tokens the client requests while the server refuses them: the first at once, the others with
 * backoff. Together that takes half a minute at most.
 */
export const TOKEN_RETRIES = 5;

/** @param random from 0 to 1 */
export const blipDelayMs = (random: number): number => random * BLIP_SPREAD_MS;

/**
 * Exponential with full jitter: from nothing to 1, 2, 4 … 30 s. Full jitter spreads many clients best (AWS
 * Architecture Blog, 'Exponential Backoff And Jitter').
 *
 * @param failures how often it has failed in a row
 */
export const backoffMs = (failures: number, random: number): number =>
  random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
