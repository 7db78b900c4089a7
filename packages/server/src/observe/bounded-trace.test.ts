import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { BoundedTrace } from './bounded-trace.js';
import { LimitHits } from './limit-hits.js';
import type { TraceFields, TraceStep } from './trace-steps.js';

function stage(perSecond: number) {
  const clock = fakeClock();
  const lines: [TraceStep, TraceFields][] = [];
  const hits = new LimitHits(clock, () => {});
  const bounded = new BoundedTrace({
    trace: (step, fields) => lines.push([step, fields]),
    hits,
    clock,
    perSecond,
    isExempt: (address) => address === '127.0.0.1',
  });
  const connects = (count: number, address: string) => {
    for (let n = 0; n < count; n += 1) bounded.write('connect', { address, connection: `c${n}` });
  };
  return { clock, lines, hits, bounded, connects };
}

test('an address that connects at will has some lines, and one that counts the rest', async () => {
  const { clock, lines, hits, connects } = stage(2);
  connects(1_000, '192.0.2.1');
  connects(3, '192.0.2.2');
  expect(lines).toHaveLength(23);
  await clock.advance(10_000);
  expect(lines.slice(23)).toEqual([['connect', { address: '192.0.2.1', suppressed: 980 }]]);
  expect(hits.of('linesPerSecond')).toBe(980);
  connects(1, '192.0.2.1');
  expect(lines).toHaveLength(25);
});

test('thousands of addresses fill the log no faster than twenty', async () => {
  const { clock, lines, connects } = stage(1);
  for (let n = 0; n < 5_000; n += 1) connects(1, `2001:db8::${n.toString(16)}`);
  expect(lines).toHaveLength(200);
  await clock.advance(10_000);
  expect(lines.slice(200)).toEqual([['connect', { suppressed: 4_800 }]]);
});

test('each step is summarised by itself, at a stop too', () => {
  const { lines, bounded, connects } = stage(1);
  connects(15, '192.0.2.1');
  bounded.write('register_refused', { address: '192.0.2.1', code: 'forbidden' });
  bounded.stop();
  expect(lines.slice(10)).toEqual([
    ['connect', { address: '192.0.2.1', suppressed: 5 }],
    ['register_refused', { address: '192.0.2.1', suppressed: 1 }],
  ]);
});

test('other steps, and programs of this machine in development, are not bounded', () => {
  const { lines, bounded, connects } = stage(1);
  connects(50, '127.0.0.1');
  for (let n = 0; n < 50; n += 1) bounded.write('run_started', { address: '192.0.2.1' });
  expect(lines).toHaveLength(100);
});
