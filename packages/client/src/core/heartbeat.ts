/** Round-trip time and missed pongs, as RFC 6298 does it for TCP. Pure. */

export interface Heartbeat {
  /** Smoothed round-trip time in milliseconds; null before the first pong. */
  readonly smoothedMs: number | null;
  readonly deviationMs: number;
  /** Numbers the pings; answers to older ones still measure the time. */
  readonly sequence: number;
  /** When the newest ping was sent, if it is unanswered. */
  readonly sentAt: number | null;
  /** When anything last arrived from the server on this link. */
  readonly heardAt: number;
  /** Pongs missed in a row. */
  readonly missed: number;
  /** Set after a wake: the monitor must know soon whether the link is alive. */
  readonly probing: boolean;
}

/** The shortest pong timeout. Below it, a phone's radio waking up looks like a loss. */
const MIN_TIMEOUT_MS = 2_000;
/** The longest pong timeout. Above it, a dead link is noticed no sooner than without pings. */
const MAX_TIMEOUT_MS = 10_000;
/** Before anything was measured. */
const FIRST_TIMEOUT_MS = 2_500;
/** For a probe. Two of these and a new connection fit into two seconds. A slower live link answers the first. */
const MAX_PROBE_MS = 800;
const MIN_PROBE_MS = 400;

/** The longest wait for an answer: the server waits for a disk, not for minutes. */
const MAX_ANSWER_MS = 10_000;

/** The longest wait for a connection, as Socket.IO has it. */
const MAX_ATTEMPT_MS = 20_000;
/** Several round trips of a bad network. */
const FIRST_ATTEMPT_MS = 4_000;
/** After a wake a new connection is likely to get through. */
const PROBING_ATTEMPT_MS = 1_000;
/** How many idle connections to one host a browser keeps. */
const KEPT_CONNECTIONS = 6;

/** Two pongs missed in a row: the link is dead. */
export const MISSED_PONGS_TO_RECONNECT = 2;

export function startHeartbeat(now = 0): Heartbeat {
  const measured = { smoothedMs: null, deviationMs: 0 };
  return { ...measured, sequence: 0, sentAt: null, heardAt: now, missed: 0, probing: false };
}

/** A new link keeps the old one's round-trip time as a first guess, and forgets its missed pongs. */
export const relinked = (heartbeat: Heartbeat, now: number): Heartbeat => ({
  ...heard(heartbeat, now),
  sentAt: null,
});

export const pinged = (heartbeat: Heartbeat, now: number): Heartbeat => ({
  ...heartbeat,
  sequence: heartbeat.sequence + 1,
  sentAt: now,
});

/** Anything that arrives shows that the link is alive. */
export const heard = (heartbeat: Heartbeat, now: number): Heartbeat => ({
  ...heartbeat,
  heardAt: now,
  missed: 0,
  probing: false,
});

export function ponged(heartbeat: Heartbeat, sequence: number, now: number): Heartbeat {
  const alive = heard(heartbeat, now);
  if (sequence !== heartbeat.sequence || heartbeat.sentAt === null) return alive;
  const sample = Math.max(0, now - heartbeat.sentAt);
  const { smoothedMs } = heartbeat;
  if (smoothedMs === null) {
    return { ...alive, sentAt: null, smoothedMs: sample, deviationMs: sample / 2 };
  }
  return {
    ...alive,
    sentAt: null,
    deviationMs: 0.75 * heartbeat.deviationMs + 0.25 * Math.abs(smoothedMs - sample),
    smoothedMs: 0.875 * smoothedMs + 0.125 * sample,
  };
}

/** How long to wait for the next pong. */
export function pongTimeoutMs({ smoothedMs, deviationMs, probing }: Heartbeat): number {
  const expected = smoothedMs === null ? FIRST_TIMEOUT_MS : smoothedMs + 4 * deviationMs;
  if (probing) return Math.min(MAX_PROBE_MS, Math.max(MIN_PROBE_MS, expected));
  if (smoothedMs === null) return FIRST_TIMEOUT_MS;
  return Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, expected));
}

/**
 * How long to wait for an answer to anything but a ping. At first as long as for a pong: a silent link is dead.
 * Longer after each link that was given up in silence: then the server is slow.
 *
 * @param silences links in a row that were given up because no answer came
 */
export const answerTimeoutMs = (heartbeat: Heartbeat, silences: number): number =>
  Math.min(MAX_ANSWER_MS, Math.max(pongTimeoutMs(heartbeat), FIRST_TIMEOUT_MS * 2 ** silences));

/**
 * How long an attempt to connect may take. A browser may send it over a kept connection that is dead without the
 * browser's knowledge. The answer never comes, and another attempt takes another connection.
 *
 * @param silences links in a row that were given up because no answer came
 */
export const attemptTimeoutMs = ({ probing }: Heartbeat, silences: number): number =>
  Math.min(
    MAX_ATTEMPT_MS,
    probing
      ? PROBING_ATTEMPT_MS * 2 ** Math.max(0, silences - KEPT_CONNECTIONS)
      : FIRST_ATTEMPT_MS * 2 ** silences,
  );
