import { expect, test } from 'vitest';
import {
  describeDrain,
  describeGap,
  describeReceipt,
  describeReset,
  describeTransport,
  type Receipt,
} from './timeline.js';

const say = (receipt: Partial<Receipt>): string =>
  describeReceipt({ outcome: 'new', from: 1, replay: 0, ...receipt } as Receipt);

test('a receipt says what is continued, why not, and what comes', () => {
  expect([
    say({}),
    say({ replay: 240 }),
    say({ reason: 'expired', from: 41, replay: 2 }),
    say({ outcome: 'resumed', from: 41 }),
    say({ outcome: 'resumed', from: 40, replay: 12 }),
    say({ outcome: 'resumed', from: 40, replay: 1 }),
    say({ outcome: 'forked', from: 5, replay: 3 }),
    say({ outcome: 'reset', reason: 'deleted' }),
  ]).toEqual([
    'Joined: nothing in it yet',
    'Joined: 240 events from 1',
    'New session (the old session had expired): 2 events replayed from 41',
    'Resumed: nothing was missed',
    'Resumed: 12 events replayed from 40',
    'Resumed: 1 event replayed from 40',
    'Another tab has this session, so this one got its own: 3 events replayed from 5',
    'Started over (the conversation was erased): nothing was missed',
  ]);
});

test('a transport, a gap, a reset and a stop have words of their own', () => {
  expect([
    describeTransport({ change: 'connect', transport: 'polling' }),
    describeTransport({ change: 'upgrade', transport: 'websocket' }),
    describeTransport({ change: 'upgrade_failed', transport: 'polling', reason: 'probe error' }),
    describeGap({ from: 1, to: 7, reason: 'trimmed' }),
    describeReset({ reason: 'diverged', from: 1 }),
    describeDrain({ retry_after_ms: 1_250 }),
  ]).toEqual([
    'Connected on polling',
    'Upgraded to websocket',
    'Upgrade failed, still on polling: probe error',
    'Events 1 to 7 are no longer kept (trimmed)',
    'The history starts over (the log was restored and is another one)',
    'The server is about to stop: back in 1.3 s',
  ]);
});
