import { fault } from '@session-monitor/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type OutboxEffect as Effect,
  EMPTY_OUTBOX,
  type OutboxEvent as Event,
  type Outbox,
  type OutboxMessage,
  type PostOutcome,
  stepOutbox,
} from './outbox.js';

type Accepted = { readonly run_id: string | null };
type OutboxEffect = Effect<OutboxMessage, Accepted>;
type OutboxEvent = Event<OutboxMessage, Accepted>;

const entries = new Map<string, OutboxMessage>();
/** The message of a name: always the same object. */
function entry(message_id: string): OutboxMessage {
  const known = entries.get(message_id) ?? { message_id, thread_id: 't', user_input: '?' };
  entries.set(message_id, known);
  return known;
}
const accepted: PostOutcome = { kind: 'accepted', run_id: 'run' };
const unanswered: PostOutcome = { kind: 'unanswered' };
const refused: PostOutcome = { kind: 'refused', fault: fault('authorisation', 'No.') };
const expired = fault('token_expired', 'No.');
const tokenRefused: PostOutcome = { kind: 'token_refused', fault: expired };
const answered = (message_id: string, outcome: PostOutcome, random = 0.5): OutboxEvent => ({
  type: 'answered',
  entry: entry(message_id),
  outcome,
  random,
});

function run(...events: readonly OutboxEvent[]): {
  outbox: Outbox<OutboxMessage>;
  effects: OutboxEffect[];
} {
  let outbox: Outbox<OutboxMessage> = EMPTY_OUTBOX;
  const effects: OutboxEffect[] = [];
  for (const event of events) {
    const step = stepOutbox(outbox, event);
    outbox = step.outbox;
    effects.push(...step.effects);
  }
  return { outbox, effects };
}

const START: OutboxEvent = { type: 'start' };
const refusedToken = answered('a', tokenRefused);
const add = (message_id: string): OutboxEvent => ({ type: 'add', entry: entry(message_id) });
const waits = (effects: readonly OutboxEffect[]): number[] =>
  effects.flatMap((each) => (each.type === 'set_timer' ? [each.ms] : []));
const posts = (effects: readonly OutboxEffect[]): string[] =>
  effects.flatMap((each) => (each.type === 'post' ? [each.entry.message_id] : []));

test('messages leave one at a time, in order, once it is started', () => {
  expect(posts(run(add('a'), add('b')).effects)).toEqual([]);
  expect(posts(run(add('a'), add('b'), START).effects)).toEqual(['a']);
  const two = run(START, add('a'), add('b'), answered('a', accepted));
  expect(posts(two.effects)).toEqual(['a', 'b']);
  const done = run(START, add('a'), answered('a', accepted));
  expect(done.outbox).toEqual({ ...EMPTY_OUTBOX, phase: 'resting' });
});

test('one that is refused for good makes way for the next', () => {
  const { effects } = run(START, add('a'), add('b'), answered('a', refused));
  expect(effects.find(({ type }) => type === 'settle')).toMatchObject({ outcome: refused });
  expect(posts(effects)).toEqual(['a', 'b']);
});

test('one without an answer is posted again, later and later, under the same name', () => {
  const timer: OutboxEvent = { type: 'timer' };
  const events: OutboxEvent[] = [START, add('a')];
  for (let n = 0; n < 8; n += 1) events.push(answered('a', unanswered), timer);
  const { effects } = run(...events);
  expect(posts(effects)).toEqual(Array(9).fill('a'));
  expect(waits(effects)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('one whose token is refused is posted again with another, at once, then later and later', () => {
  const events: OutboxEvent[] = [START, add('a'), add('b'), refusedToken];
  const first = run(...events);
  expect(posts(first.effects)).toEqual(['a', 'a']);
  for (let n = 0; n < 4; n += 1) events.push(refusedToken, { type: 'timer' });
  expect(waits(run(...events).effects)).toEqual([1_000, 2_000, 4_000, 8_000]);
  // Five other tokens failed too: the message is refused, and the next one starts from zero.
  const last = run(...events, refusedToken);
  expect(last.effects.slice(-2)).toEqual([
    { type: 'settle', entry: entry('a'), outcome: { kind: 'refused', fault: expired } },
    { type: 'post', entry: entry('b') },
  ]);
  expect(last.outbox).toMatchObject({ tokensRefused: 0, failures: 0 });
});

test('the return of the network asks for no more tokens than the limit allows', () => {
  const wake = { type: 'wake' } as const;
  const again = [refusedToken, wake, refusedToken, wake, refusedToken, wake, refusedToken, wake];
  const { effects } = run(START, add('a'), refusedToken, ...again, refusedToken);
  expect(effects.at(-1)).toMatchObject({ type: 'settle', outcome: { kind: 'refused' } });
});

test('the server may ask for more patience, not for less', () => {
  const wait = (retry_after_ms: number, random: number) =>
    run(START, add('a'), answered('a', { ...unanswered, retry_after_ms }, random)).effects.at(-1);
  expect(wait(5_000, 0.5)).toEqual({ type: 'set_timer', ms: 5_000 });
  expect(wait(10, 0.5)).toEqual({ type: 'set_timer', ms: 500 });
});

test('the return of the network does not wait for the timer', () => {
  const { effects, outbox } = run(START, add('a'), answered('a', unanswered), { type: 'wake' });
  expect(posts(effects)).toEqual(['a', 'a']);
  expect(effects.map(({ type }) => type)).toContain('clear_timer');
  expect(outbox.phase).toBe('posting');
});

test('what an earlier page has left goes first, and once', () => {
  const left = [entry('x'), entry('a')];
  const restore: OutboxEvent = { type: 'restore', entries: left };
  const answers = [answered('x', accepted), answered('a', accepted)];
  const { effects } = run(add('a'), restore, START, ...answers);
  expect(posts(effects)).toEqual(['x', 'a']);
});

test('a late answer is not taken for that of another message under the same name', () => {
  const other = { ...entry('a'), user_input: 'Another?' };
  const events = [START, add('a'), answered('a', accepted)] as const;
  const { outbox } = run(...events, { type: 'add', entry: other }, answered('a', accepted));
  expect(outbox).toMatchObject({ entries: [other], phase: 'posting' });
});

test('an answer to a post before a stop counts once', () => {
  const events = [START, add('a'), add('b'), { type: 'stop' } as const, START];
  const { outbox, effects } = run(...events, answered('a', accepted), answered('a', accepted));
  expect(posts(effects)).toEqual(['a', 'a', 'b']);
  expect(outbox.entries.map(({ message_id }) => message_id)).toEqual(['b']);
});

test('whatever happens: in order, one at a time, and nothing is lost or settled twice', () => {
  const outcome = fc.constantFrom<PostOutcome>(accepted, unanswered, refused, tokenRefused);
  const event = fc.oneof(
    fc.constant('add' as const),
    fc.constantFrom('start' as const, 'stop' as const, 'timer' as const, 'wake' as const),
    outcome,
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let outbox: Outbox<OutboxMessage> = EMPTY_OUTBOX;
      let added = 0;
      const settled: string[] = [];
      let timer = false;
      for (const each of events) {
        let event: OutboxEvent;
        if (each === 'add') {
          event = add(`m${added}`);
          added += 1;
        } else if (typeof each === 'string') {
          if (each === 'timer' && !timer) continue;
          event = { type: each };
        } else {
          const [first] = outbox.entries;
          if (!first || outbox.phase === 'waiting') continue;
          event = answered(first.message_id, each);
        }
        if (event.type === 'timer') timer = false;
        const step = stepOutbox(outbox, event);
        outbox = step.outbox;
        for (const effect of step.effects) {
          if (effect.type === 'settle') settled.push(effect.entry.message_id);
          if (effect.type === 'post') expect(effect.entry).toBe(outbox.entries[0]);
          if (effect.type === 'set_timer') timer = true;
          if (effect.type === 'clear_timer') timer = false;
        }
        // A timer runs exactly while something waits for it.
        expect(timer).toBe(outbox.phase === 'waiting');
        // Nothing is idle that has something to do.
        if (outbox.phase === 'resting') expect(outbox.entries).toEqual([]);
      }
      const all = [...settled, ...outbox.entries.map(({ message_id }) => message_id)];
      expect(all).toEqual(Array.from({ length: added }, (_, n) => `m${n}`));
    }),
  );
});
