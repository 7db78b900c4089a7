/** The server's pure decisions, for any facts: a session's owner, a reader's position, trims and expiry. */

import { type Cursor, decodeCursor, type Since } from '@session-monitor/protocol';
import {
  beginSince,
  continueAt,
  decideRegistration,
  type KnownSession,
  type LogBounds,
  type Position,
  type RegistrationFacts,
} from '@session-monitor/protocol/rules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeActivity } from '../../packages/server/src/core/activity.js';
import { mayTrim } from '../../packages/server/src/core/retention.js';
import { forAll } from './for-all.js';

const instance = fc.constantFrom('me', 'other');
const attempt = fc.integer({ min: 1, max: 5 });

const known = (whose: fc.Arbitrary<string>): fc.Arbitrary<KnownSession> =>
  fc.record(
    {
      instance: whose,
      attempt,
      alive: fc.boolean(),
      expiry: fc.constant({ reason: 'idle', detail: 'Expired.' }),
    },
    { requiredKeys: ['instance', 'attempt', 'alive'] },
  );

/** A session that is found under the caller's id has the caller's instance: see `registrar.ts`. */
const facts: fc.Arbitrary<RegistrationFacts> = fc
  .record(
    { attempt, claimed: fc.boolean(), presented: known(instance), own: known(fc.constant('me')) },
    { requiredKeys: ['attempt', 'claimed'] },
  )
  .map((fields) => ({
    ...fields,
    instance: 'me',
    claimed: fields.claimed || fields.presented !== undefined,
  }));

describe('a registration', () => {
  test('takes no session from an owner that is alive', () => {
    forAll(2_000, [facts], (given) => {
      const decision = decideRegistration(given);
      const { presented } = given;
      if (decision.kind !== 'grant' || decision.session !== 'presented' || !presented) return;
      expect(presented.expiry).toBeUndefined();
      const mine = presented.instance === 'me';
      expect(decision.takesOver).toBe(!mine);
      if (!mine) expect(presented.alive).toBe(false);
    });
  });

  test('is granted only above every attempt that was granted, repeated at the same, stale below', () => {
    forAll(2_000, [facts], (given) => {
      const decision = decideRegistration(given);
      const session =
        decision.kind === 'stale' || decision.session === 'create'
          ? undefined
          : given[decision.session];
      if (decision.kind === 'repeat') expect(session?.attempt).toBe(given.attempt);
      if (decision.kind === 'stale') expect(decision.newest).toBeGreaterThan(given.attempt);
      if (decision.kind !== 'grant' || !session || session.expiry) return;
      if (session.instance === 'me') expect(given.attempt).toBeGreaterThan(session.attempt);
    });
  });

  test('names only existing sessions, and gives the reason if one is not resumed', () => {
    forAll(2_000, [facts], (given) => {
      const decision = decideRegistration(given);
      if (decision.kind === 'stale') return;
      if (decision.session !== 'create') expect(given[decision.session]).toBeDefined();
      if (decision.kind !== 'grant') return;
      if (decision.outcome === 'new' && given.claimed) expect(decision.reason).toBeDefined();
      if (decision.outcome === 'forked') expect(given.presented?.alive).toBe(true);
    });
  });
});

const tag = fc.constantFrom('t1', 't2', 't3');
const log: fc.Arbitrary<LogBounds> = fc
  .record({
    base: fc.nat(20),
    length: fc.nat(20),
    tag,
    baseTag: tag,
    previous: fc.option(fc.constant({ epoch: 'e0', reason: 'deleted' as const })),
  })
  .map(({ base, length, tag: newest, baseTag, previous }) => ({
    epoch: 'e1',
    offset: base + length,
    base,
    baseTag,
    tag: length === 0 ? baseTag : newest,
    ...(previous && { previous }),
  }));
const cursor: fc.Arbitrary<Cursor> = fc.record({
  epoch: fc.constantFrom('e0', 'e1', 'e2'),
  offset: fc.nat(50),
  tag,
});
const since: fc.Arbitrary<Since> = fc.oneof(
  fc.constant('start' as const),
  fc.constant('now' as const),
  fc.nat(50),
);

/** Expects a position within the log, with everything before it accounted for. */
function expectPlace(position: Position, bounds: LogBounds, had: number): void {
  const { epoch, after, cursor: text, gap, reset } = position;
  expect(epoch).toBe(bounds.epoch);
  expect(after).toBeGreaterThanOrEqual(bounds.base);
  expect(after).toBeLessThanOrEqual(bounds.offset);
  expect(decodeCursor(text)).toMatchObject({ epoch, offset: after });
  // Everything after what the reader had is sent, or announced as gone (I4).
  const first = (reset ? 0 : had) + 1;
  if (gap) expect(gap).toMatchObject({ from: first, to: after });
  else expect(after + 1).toBe(first);
}

describe('a position', () => {
  test('after a cursor skips nothing in silence', () => {
    forAll(3_000, [cursor, log, fc.option(tag)], (at, bounds, found) => {
      const position = continueAt(at, bounds, found ?? undefined);
      expectPlace(position, bounds, at.offset);
      // A reader continues only at a cursor that this log can have given (I2).
      const ofThisLog = at.epoch === bounds.epoch && at.offset <= bounds.offset;
      if (!ofThisLog) expect(position.reset).toBeDefined();
      if (ofThisLog && at.offset >= bounds.base && at.tag !== found) {
        expect(position.reset).toBe('diverged');
      }
    });
  });

  test("without a cursor is at the start, at the end or after an offset, and never past 'now'", () => {
    forAll(3_000, [since, log, fc.option(cursor)], (from, bounds, began) => {
      const position = beginSince(from, bounds, 't1', began ?? undefined);
      const had = from === 'start' ? 0 : from === 'now' ? bounds.offset : from;
      expectPlace(position, bounds, had);
      if (typeof from === 'number' && from > bounds.offset) expect(position.reset).toBeDefined();
    });
  });
});

describe('retention', () => {
  const batches = fc.array(
    fc.record({ events: fc.integer({ min: 1, max: 9 }), bytes: fc.nat(99) }),
    {
      minLength: 1,
    },
  );
  const limits = fc.record(
    { maxAgeMs: fc.nat(50), maxEvents: fc.nat(30), maxBytes: fc.nat(500) },
    { requiredKeys: [] },
  );

  test('trims only from the old end, and keeps what each limit asks for', () => {
    forAll(2_000, [batches, limits, fc.nat(200)], (sizes, retention, now) => {
      let last = 0;
      let cumulativeBytes = 0;
      const all = sizes.map(({ events, bytes }, index) => {
        last += events;
        cumulativeBytes += bytes;
        return { last, cumulativeBytes, at: index, events, bytes };
      });
      const head = all.at(-1) ?? { last, cumulativeBytes };
      const gone = all.map((batch) => mayTrim(batch, head, retention, now));
      // A kept batch keeps all batches after it.
      const firstKept = gone.indexOf(false);
      if (firstKept >= 0) expect(gone.slice(firstKept)).not.toContain(true);
      const kept = all.filter((_, index) => !gone[index]);
      const dropped = all.filter((_, index) => gone[index]);
      const { maxAgeMs, maxEvents, maxBytes } = retention;
      const newestDropped = dropped.at(-1);
      if (!newestDropped) return;
      const rest = {
        events: kept.reduce((sum, each) => sum + each.events, 0),
        bytes: kept.reduce((sum, each) => sum + each.bytes, 0),
      };
      const tooOld = maxAgeMs !== undefined && newestDropped.at < now - maxAgeMs;
      const enoughEvents = maxEvents !== undefined && rest.events >= maxEvents;
      const enoughBytes = maxBytes !== undefined && rest.bytes >= maxBytes;
      expect(tooOld || enoughEvents || enoughBytes).toBe(true);
    });
  });
});

describe('activity', () => {
  test('a session expires only after a question and a long enough silence', () => {
    const times = fc.record({
      lastAt: fc.nat(1_000),
      asked: fc.option(fc.nat(1_000)),
      now: fc.nat(5_000),
      idleAfterMs: fc.integer({ min: 1, max: 1_000 }),
      more: fc.nat(1_000),
    });
    forAll(2_000, [times], ({ lastAt, asked, now, idleAfterMs, more }) => {
      const settings = { idleAfterMs, expireAfterMs: idleAfterMs + more };
      const verdict = judgeActivity({ lastAt, askedAt: asked }, now, settings);
      const silentMs = now - lastAt;
      if (verdict === 'expire') {
        expect(asked).not.toBeNull();
        expect(silentMs).toBeGreaterThanOrEqual(settings.expireAfterMs);
      }
      if (verdict === 'ask') expect(asked).toBeNull();
      expect(verdict === 'active').toBe(silentMs < idleAfterMs);
    });
  });
});
