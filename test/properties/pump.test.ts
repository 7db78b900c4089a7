/**
 * The pump under any sequence of appends, acknowledgements, drains, trims, erasures and moves: what it sends
 * is a stream without holes, it never has more in flight than its window, and in the end all of it is sent.
 */

import { cursorAtHead } from '@session-monitor/protocol/rules';
import { createMemoryStore } from '@session-monitor/server';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Frame, type LinkMember, Pump } from '../../packages/server/src/threads/pump.js';
import { ThreadLog } from '../../packages/server/src/threads/thread-log.js';

const THREAD = 't';
const WINDOW = { events: 6, bytes: 200 };
const FRAME = { maxEvents: 3, maxBytes: 90 };

const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('append' as const), events: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('append' as const), events: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('acknowledge' as const), back: fc.nat(8), beyond: fc.boolean() }),
    fc.record({ do: fc.constant('link' as const), open: fc.boolean() }),
    fc.record({ do: fc.constant('trim' as const), keep: fc.nat(6) }),
    fc.record({ do: fc.constant('erase' as const) }),
    fc.record({ do: fc.constant('seek' as const) }),
    fc.record({ do: fc.constant('turn' as const) }),
  ),
  { maxLength: 40 },
);

/** A link that checks what the pump sends. */
class WatchedLink implements LinkMember {
  open = true;
  epoch: string;
  /** The next expected offset. */
  next: number;
  /** Events of frames that are not acknowledged. */
  inFlight: { readonly to: number; readonly events: number }[] = [];
  #wake = () => {};

  constructor(epoch: string, next: number) {
    this.epoch = epoch;
    this.next = next;
  }

  join(reader: { wake(): void }): () => void {
    this.#wake = () => reader.wake();
    return () => {};
  }
  writable = () => this.open;
  credit = () => Number.POSITIVE_INFINITY;
  scarce = () => false;
  charge = () => {};
  drain(): void {
    this.open = true;
    this.#wake();
  }

  send({ epoch, offset, slice, gap, reset }: Frame): void {
    expect(this.open).toBe(true);
    if (reset) {
      this.epoch = epoch;
      this.next = offset;
      this.inFlight = [];
      expect(reset.from).toBe(offset);
    } else if (gap) {
      expect(gap.from).toBe(this.next);
      expect(offset).toBe(gap.to + 1);
    } else {
      expect(offset).toBe(this.next);
    }
    expect(epoch).toBe(this.epoch);
    if (!slice) {
      this.next = offset;
      return;
    }
    const events = slice.to - slice.from + 1;
    expect(slice.from).toBe(offset);
    expect(events).toBeLessThanOrEqual(FRAME.maxEvents);
    const unacknowledged = this.inFlight.reduce((sum, frame) => sum + frame.events, 0);
    if (this.inFlight.length > 0) expect(unacknowledged).toBeLessThan(WINDOW.events);
    this.inFlight.push({ to: slice.to, events });
    this.next = slice.to + 1;
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const event = (n: number) => JSON.stringify(['e', '.'.repeat(n % 30)]);

describe('a pump', () => {
  test('sends a stream without holes within its window, and all events in the end', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const { logs } = createMemoryStore();
        const log = await ThreadLog.open(THREAD, { logs });
        const link = new WatchedLink(log.head.epoch, 1);
        const errors: unknown[] = [];
        const start = { epoch: log.head.epoch, after: 0, cursor: cursorAtHead(log.head) };
        const pump = new Pump({
          log,
          link,
          window: WINDOW,
          frame: FRAME,
          position: start,
          observer: { onError: (error) => errors.push(error) },
        });
        log.add(pump);
        pump.start();
        const acknowledge = (offset: number) => {
          link.inFlight = link.inFlight.filter(({ to }) => to > Math.min(offset, pump.sent));
          pump.acknowledge(pump.epoch, offset);
        };

        let n = 0;
        for (const command of sequence) {
          if (command.do === 'append') {
            const events = Array.from({ length: command.events }, () => event(n++));
            await logs.append(THREAD, events);
          } else if (command.do === 'acknowledge') {
            acknowledge(Math.max(0, pump.sent - command.back) + (command.beyond ? 50 : 0));
          } else if (command.do === 'link') {
            if (command.open) link.drain();
            else link.open = false;
          } else if (command.do === 'trim') {
            await logs.trim(THREAD, { maxEvents: command.keep }, 100);
          } else if (command.do === 'erase') {
            await logs.delete(THREAD);
          } else if (command.do === 'seek') {
            const { head } = log;
            link.epoch = head.epoch;
            link.next = head.offset + 1;
            link.inFlight = [];
            pump.seek({ epoch: head.epoch, after: head.offset, cursor: cursorAtHead(head) });
          } else await turn();
          expect(pump.acknowledged).toBeLessThanOrEqual(pump.sent);
        }

        link.drain();
        const isBehind = () => pump.epoch !== log.head.epoch || pump.sent < log.head.offset;
        for (let round = 0; round < 200 && isBehind(); round += 1) {
          acknowledge(pump.sent);
          await turn();
        }
        await turn();
        expect(errors).toEqual([]);
        expect([pump.epoch, pump.sent]).toEqual([log.head.epoch, log.head.offset]);
        pump.stop();
      }),
      { numRuns: 400 },
    );
  });
});
