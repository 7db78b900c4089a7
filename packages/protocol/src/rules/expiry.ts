/** Why a session is over: a code for its client, and a sentence for people. */

export interface Expiry {
  readonly reason: string;
  readonly detail: string;
}

/** @param at ISO 8601 */
export const idleExpiry = (at: string, silentMs: number): Expiry => ({
  reason: 'idle',
  detail: `Expired at ${at} after ${inWords(silentMs)} without activity; a system_ping was not answered.`,
});

/** @param at ISO 8601 */
export const operatorExpiry = (at: string): Expiry => ({
  reason: 'operator',
  detail: `Expired at ${at} by an operator.`,
});

/** @param at ISO 8601 */
export const awayExpiry = (at: string, awayMs: number): Expiry => ({
  reason: 'disconnected',
  detail: `Expired at ${at} after ${inWords(awayMs)} without a connection.`,
});

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes >= 1 ? `${minutes} min` : `${Math.round(ms / 1_000)} s`;
}
