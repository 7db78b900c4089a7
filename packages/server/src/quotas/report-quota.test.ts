import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { policyOf } from '../observe/limit-fault.js';
import { LimitHits } from '../observe/limit-hits.js';
import { ReportQuota } from './report-quota.js';

const from = (remoteAddress: string) => ({ headers: {}, socket: { remoteAddress } });

function stage(reportsPerMinute: number) {
  const clock = fakeClock();
  const hits = new LimitHits(clock, () => {});
  const addresses = { trustProxy: false, exemptLocal: true };
  const limits = { ...DEFAULT_LIMITS, reportsPerMinute };
  return { clock, hits, quota: new ReportQuota({ limits, hits, clock, addresses }) };
}

test('a session has so many in a minute, and an address ten times as many', async () => {
  const { clock, hits, quota } = stage(2);
  const office = from('192.0.2.1');
  const ofSession = (id: string) => [1, 2, 3].map(() => quota.ofSession(office, id)?.code);
  expect(ofSession('one')).toEqual([undefined, undefined, 'limit_reached']);
  expect(ofSession('other')).toEqual([undefined, undefined, 'limit_reached']);
  const ofAddress = () => Array.from({ length: 30 }, () => quota.ofAddress(office));
  const refusals = ofAddress().filter((each) => each !== undefined);
  expect(refusals).toHaveLength(10);
  expect(policyOf(refusals[0] ?? {})).toMatchObject({ name: 'reportsPerMinute', quota: 20 });
  expect(quota.ofAddress(from('192.0.2.2'))).toBeUndefined();
  expect(hits.of('reportsPerMinute')).toBe(12);
  await clock.advance(60_000);
  expect(quota.ofSession(office, 'one')).toBeUndefined();
});

test('programs of this machine are not counted, and a limit may be off', () => {
  const { quota } = stage(1);
  const none = stage(Number.POSITIVE_INFINITY).quota;
  for (let n = 0; n < 100; n += 1) {
    expect(quota.ofSession(from('127.0.0.1'), 'one')).toBeUndefined();
    expect(none.ofAddress(from('192.0.2.1'))).toBeUndefined();
  }
});
