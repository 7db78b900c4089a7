/** The monitor's delays, for any measurements and failures. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, blipDelayMs } from '../../packages/client/src/core/backoff.js';
import {
  answerTimeoutMs,
  pinged,
  ponged,
  pongTimeoutMs,
  startHeartbeat,
} from '../../packages/client/src/core/heartbeat.js';
import { forAll } from './for-all.js';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoff', () => {
  test('lies between zero and a ceiling that doubles up to half a minute', () => {
    forAll(100, [fc.nat(10_000), chance], (failures, random) => {
      const wait = backoffMs(failures, random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(30_000, 1_000 * 2 ** Math.min(failures, 30)));
      expect(backoffMs(failures + 1, random)).toBeGreaterThanOrEqual(wait);
      expect(blipDelayMs(random)).toBeLessThanOrEqual(20);
    });
  });
});

describe('a heartbeat', () => {
  const pings = fc.array(
    fc.record({ waitMs: fc.nat(60_000), rttMs: fc.nat(60_000), lost: fc.boolean() }),
  );

  test('waits between 2 and 10 s for a pong, and estimates within the measured range', () => {
    forAll(100, [pings], (sequence) => {
      let heartbeat = startHeartbeat();
      let now = 0;
      const samples: number[] = [];
      for (const { waitMs, rttMs, lost } of sequence) {
        now += waitMs;
        heartbeat = pinged(heartbeat, now);
        if (!lost) {
          now += rttMs;
          samples.push(rttMs);
          heartbeat = ponged(heartbeat, heartbeat.sequence, now);
        }
        const timeout = pongTimeoutMs(heartbeat);
        expect(timeout).toBeGreaterThanOrEqual(2_000);
        expect(timeout).toBeLessThanOrEqual(10_000);
        const { smoothedMs } = heartbeat;
        if (smoothedMs === null) continue;
        expect(smoothedMs).toBeGreaterThanOrEqual(Math.min(...samples) - 1e-6);
        expect(smoothedMs).toBeLessThanOrEqual(Math.max(...samples) + 1e-6);
      }
    });
  });

  test('waits longer after each silence, up to 10 s', () => {
    forAll(100, [fc.nat(100)], (silences) => {
      const patience = answerTimeoutMs(startHeartbeat(), silences);
      expect(patience).toBeGreaterThanOrEqual(2_500);
      expect(patience).toBeLessThanOrEqual(10_000);
      expect(answerTimeoutMs(startHeartbeat(), silences + 1)).toBeGreaterThanOrEqual(patience);
    });
  });
});
