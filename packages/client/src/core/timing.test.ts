import { describe, expect, test } from 'vitest';
import { backoffMs, blipDelayMs } from './backoff.js';
import { pinged, ponged, pongTimeoutMs, startHeartbeat } from './heartbeat.js';

describe('round-trip time', () => {
  test('is smoothed as RFC 6298 does', () => {
    let heartbeat = ponged(pinged(startHeartbeat(), 0), 1, 100);
    expect(heartbeat).toMatchObject({ smoothedMs: 100, deviationMs: 50, missed: 0 });
    heartbeat = ponged(pinged(heartbeat, 1_000), 2, 1_200);
    expect(heartbeat).toMatchObject({ smoothedMs: 112.5, deviationMs: 62.5 });
  });

  test('is not taken from an answer to an older ping', () => {
    const heartbeat = pinged(pinged(startHeartbeat(), 0), 500);
    expect(ponged(heartbeat, 1, 600)).toMatchObject({ smoothedMs: null, sentAt: 500 });
  });

  test('sets how long a pong is waited for, within bounds', () => {
    expect(pongTimeoutMs(startHeartbeat())).toBe(2_500);
    const measured = (smoothedMs: number, deviationMs: number) =>
      pongTimeoutMs({ ...startHeartbeat(), smoothedMs, deviationMs });
    expect(measured(20, 5)).toBe(2_000);
    expect(measured(1_500, 400)).toBe(3_100);
    expect(measured(9_000, 3_000)).toBe(10_000);
  });
});

describe('backoff', () => {
  test('has full jitter and a ceiling', () => {
    expect([0, 1, 2, 10, 99].map((failures) => backoffMs(failures, 1))).toEqual([
      1_000, 2_000, 4_000, 30_000, 30_000,
    ]);
    expect(backoffMs(5, 0)).toBe(0);
    expect(blipDelayMs(1)).toBe(20);
  });
});
