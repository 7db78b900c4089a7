import { expect, test } from 'vitest';
import { ManualClock } from '../../util/manual-clock.fixture.js';
import { Deliveries, type DeliveryReader } from './deliveries.js';
import { FakeTracing, traceparentOf } from './fake-tracing.fixture.js';
import { type MarkKind, writeMark } from './mark.js';

const LOG = 't';
const EPOCH = 'e';
const MESSAGE = traceparentOf(100);
const OTHER = traceparentOf(101);

class Stage {
  readonly clock = new ManualClock();
  readonly tracing = new FakeTracing();
  readonly deliveries = new Deliveries({
    tracing: this.tracing,
    clock: Object.assign(this.clock, { wall: () => this.clock.now() }),
    node: 'n',
  });

  /** The log advances, with the mark of one append. */
  advance(kind: MarkKind, offset: number, traceparent = MESSAGE, epoch = EPOCH): void {
    const mark = writeMark(traceparent, kind) ?? '';
    this.deliveries.advanced(LOG, epoch, true, [{ offset, mark }]);
  }

  reader(session_id: string): DeliveryReader {
    const peer = { transport: 'websocket' };
    return this.deliveries.reader({ log_id: LOG, session_id, peer });
  }

  /** The outcomes of the deliveries that have ended. */
  get outcomes(): readonly unknown[] {
    return this.tracing.spans
      .filter(({ endedAt }) => endedAt !== undefined)
      .map(({ attributes }) => attributes['session_monitor.outcome']);
  }
}

const frame = (from: number, to: number, epoch = EPOCH) => ({
  epoch,
  slice: { from, to, events: to - from + 1, bytes: 10 * (to - from + 1) },
});

test('the delivery of an event is a span from its append until its acknowledgement', () => {
  const stage = new Stage();
  stage.advance('event', 7);
  stage.clock.spend(5);
  const reader = stage.reader('s');
  expect(reader.onFrame(frame(6, 8))).toBe(true);
  stage.clock.spend(20);
  reader.onAcknowledged(EPOCH, 6);
  expect(stage.outcomes).toEqual([]);
  reader.onAcknowledged(EPOCH, 8);
  const [span] = stage.tracing.spans;
  expect(span).toMatchObject({
    name: 'session_monitor.deliver',
    kind: 'client',
    below: MESSAGE,
    begunAt: 1_000,
    endedAt: 1_025,
    events: [
      ['session_monitor.frame', 1_005],
      ['session_monitor.acknowledged', 1_025],
    ],
    attributes: {
      'session_monitor.node': 'n',
      'session_monitor.thread_id': LOG,
      'session_monitor.session_id': 's',
      'session_monitor.transport': 'websocket',
      'session_monitor.from': 7,
      'session_monitor.to': 7,
      'session_monitor.frames': 1,
      'session_monitor.events': 3,
      'session_monitor.bytes': 30,
      'session_monitor.outcome': 'acknowledged',
    },
  });
});

test('the delivery of a run asks for acknowledgements of its first frame and its last', () => {
  const stage = new Stage();
  const reader = stage.reader('s');
  stage.advance('opens', 3);
  expect(reader.onFrame(frame(3, 3))).toBe(true);
  reader.onAcknowledged(EPOCH, 3);
  expect(reader.onFrame(frame(4, 9))).toBe(false);
  reader.onAcknowledged(EPOCH, 9);
  stage.advance('closes', 10);
  expect(stage.outcomes).toEqual([]);
  expect(reader.onFrame(frame(10, 12))).toBe(true);
  reader.onAcknowledged(EPOCH, 12);
  expect(stage.outcomes).toEqual(['acknowledged']);
  expect(stage.tracing.spans[0]?.attributes).toMatchObject({
    'session_monitor.from': 3,
    'session_monitor.to': 10,
    'session_monitor.frames': 3,
  });
  expect(reader.onFrame(frame(13, 13))).toBe(false);
  expect(stage.tracing.spans).toHaveLength(1);
});

test('a reader that comes in the middle has a span from then on', () => {
  const stage = new Stage();
  stage.advance('opens', 1);
  stage.clock.spend(500);
  stage.reader('late').onFrame(frame(4, 5));
  expect(stage.tracing.spans[0]).toMatchObject({ begunAt: 1_500 });
});

test('frames before and behind a range, of another log, and of no event have no span', () => {
  const stage = new Stage();
  stage.advance('event', 5);
  const reader = stage.reader('s');
  expect(reader.onFrame(frame(1, 4))).toBe(false);
  expect(reader.onFrame(frame(6, 9))).toBe(false);
  expect(reader.onFrame(frame(5, 5, 'other'))).toBe(false);
  expect(reader.onFrame({ epoch: EPOCH })).toBe(false);
  const peer = { transport: 'http' };
  const elsewhere = stage.deliveries.reader({ log_id: 'another', peer });
  expect(elsewhere.onFrame(frame(5, 5))).toBe(false);
  expect(stage.tracing.spans).toEqual([]);
});

test('two messages on one log have a span each', () => {
  const stage = new Stage();
  const reader = stage.reader('s');
  stage.advance('opens', 1);
  stage.advance('event', 2, OTHER);
  reader.onFrame(frame(1, 2));
  expect(stage.tracing.spans.map(({ below }) => below)).toEqual([MESSAGE, OTHER]);
  reader.onAcknowledged(EPOCH, 2);
  expect(stage.outcomes).toEqual(['acknowledged']);
});

test.each([
  ['a reader leaves', 'left', ({ reader }) => reader.onStop()],
  [
    'the log is erased',
    'reset',
    ({ stage }) => stage.deliveries.advanced(LOG, 'new', true, undefined),
  ],
  [
    'an advance is missed',
    'unknown',
    ({ stage }) => stage.deliveries.advanced(LOG, EPOCH, false, undefined),
  ],
  ['the log has no reader any more', 'left', ({ stage }) => stage.deliveries.closed(LOG)],
  ['the server stops', 'left', ({ stage }) => stage.deliveries.stop()],
  ['a run takes a quarter of an hour', 'unknown', ({ stage }) => passMinutes(stage, 16)],
] as [string, string, (each: { stage: Stage; reader: DeliveryReader }) => void][])(
  'a delivery ends if %s',
  (_, outcome, act) => {
    const stage = new Stage();
    const reader = stage.reader('s');
    stage.advance('opens', 1);
    reader.onFrame(frame(1, 1));
    act({ stage, reader });
    expect(stage.outcomes).toEqual([outcome]);
  },
);

test('a reader that does not acknowledge what is complete is late', () => {
  const stage = new Stage();
  const reader = stage.reader('s');
  stage.advance('event', 1);
  reader.onFrame(frame(1, 1));
  passMinutes(stage, 3);
  expect(stage.outcomes).toEqual(['late']);
});

test('what is complete is forgotten when its readers have it, and soon if it has none', () => {
  const stage = new Stage();
  const reader = stage.reader('s');
  stage.advance('event', 1);
  stage.advance('event', 2, OTHER);
  reader.onFrame(frame(1, 1));
  stage.clock.pass(5_000);
  expect(stage.deliveries.size).toBe(1);
  reader.onAcknowledged(EPOCH, 1);
  stage.clock.pass(5_000);
  expect([stage.outcomes, stage.deliveries.size]).toEqual([['acknowledged'], 0]);
});

test('after a missed advance later events are of no earlier run', () => {
  const stage = new Stage();
  const reader = stage.reader('s');
  stage.advance('opens', 1);
  stage.deliveries.advanced(LOG, EPOCH, false, undefined);
  expect(reader.onFrame(frame(2, 9))).toBe(false);
  stage.advance('closes', 10);
  expect([stage.deliveries.size, stage.tracing.spans.length]).toEqual([0, 0]);
});

test('ten readers of a range are traced, and so many ranges of a log and of a node', () => {
  const stage = new Stage();
  stage.advance('opens', 1);
  for (let n = 0; n < 30; n += 1) stage.reader(`s${n}`).onFrame(frame(1, 1));
  expect(stage.tracing.spans).toHaveLength(10);
  for (let n = 0; n < 100; n += 1) stage.advance('event', n + 2, traceparentOf(n + 200));
  expect(stage.deliveries.size).toBe(32);
  for (let n = 0; n < 1_000; n += 1) {
    const mark = writeMark(traceparentOf(n + 400), 'event') ?? '';
    stage.deliveries.advanced(`log-${n}`, EPOCH, true, [{ offset: 1, mark }]);
  }
  expect(stage.deliveries.size).toBe(500);
  passMinutes(stage, 20);
  expect([stage.deliveries.size, stage.clock.pending]).toEqual([0, 0]);
});

test('marks of another form are ignored', () => {
  const stage = new Stage();
  stage.deliveries.advanced(LOG, EPOCH, true, [{ offset: 1, mark: 'of-a-later-version' }]);
  expect([stage.deliveries.size, stage.clock.pending]).toEqual([0, 0]);
});

/** In steps: a timer fires once in each. */
function passMinutes({ clock }: Stage, minutes: number): void {
  for (let seconds = 0; seconds < 60 * minutes; seconds += 5) clock.pass(5_000);
}
