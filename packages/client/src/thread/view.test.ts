import type { Gap, Reset } from '@session-monitor/protocol';
import { describe, expect, test, vi } from 'vitest';
import type { SessionMonitorStatus } from '../follower/status.js';
import { Emitter } from '../platform/emitter.js';
import {
  NOT_STARTED,
  type ThreadState,
  type ThreadViewOptions,
  threadView,
  type ViewedMonitor,
} from './view.js';

/** A monitor of which the test says what happens to it. */
class StagedMonitor implements ViewedMonitor {
  readonly #listeners = new Emitter<Record<string, (...args: never[]) => void>>((error) => {
    throw error;
  });
  status: SessionMonitorStatus = { ...NOT_STARTED.status, thread_id: 't' };
  listening = 0;
  #offset = 0;

  subscribe(onStatus: (status: SessionMonitorStatus) => void): () => void {
    onStatus(this.status);
    return this.on('status', onStatus);
  }

  onAny(listener: (...args: never[]) => void): () => void {
    return this.on('any', listener);
  }

  on(name: string, listener: (...args: never[]) => void): () => void {
    this.listening += 1;
    const off = this.#listeners.on(name, listener);
    return () => {
      this.listening -= 1;
      off();
    };
  }

  becomes(status: Partial<SessionMonitorStatus>): void {
    this.status = { ...this.status, ...status };
    this.#listeners.emit('status', this.status);
  }

  hears(event: string, data: unknown = null, thread_id = 't'): void {
    this.#offset += 1;
    const meta = { event, thread_id, epoch: 'e', offset: this.#offset, span: 1 };
    this.#listeners.emit('any', event, data, meta);
  }

  loses(gap: Gap): void {
    this.#listeners.emit('gap', gap);
  }

  startsOver(reset: Reset): void {
    this.#listeners.emit('reset', reset);
  }
}

/** Frames that are drawn when the test says so. */
function stagedFrames() {
  const due = new Set<() => void>();
  return {
    schedule: (run: () => void) => {
      due.add(run);
      return () => void due.delete(run);
    },
    get waiting() {
      return due.size;
    },
    draw() {
      for (const run of [...due]) {
        due.delete(run);
        run();
      }
    },
  };
}

function stage(options: ThreadViewOptions = {}) {
  const monitor = new StagedMonitor();
  const frames = stagedFrames();
  const view = threadView(monitor, { schedule: frames.schedule, ...options });
  const told: ThreadState[] = [];
  const follow = () => view.subscribe((state) => told.push(state));
  return { monitor, frames, view, told, follow };
}

const namesOf = ({ events }: ThreadState) => events.map(({ event }) => event);

describe('a thread view', () => {
  test('tells the state at once, then at most once for each frame', () => {
    const { monitor, frames, view, told, follow } = stage();
    follow();
    expect(told).toEqual([view.getSnapshot()]);
    monitor.hears('a');
    monitor.becomes({ offset: 1 });
    monitor.hears('b');
    expect(told.length).toBe(1);
    frames.draw();
    expect(told.length).toBe(2);
    expect(namesOf(view.getSnapshot())).toEqual(['a', 'b']);
    expect(view.getSnapshot()).toMatchObject({ status: { offset: 1 } });
    frames.draw();
    expect(told.length).toBe(2);
  });

  test('is one snapshot between two frames, and keeps in it what has not changed', () => {
    const { monitor, frames, view, follow } = stage();
    follow();
    const before = view.getSnapshot();
    monitor.becomes({ offset: 1 });
    expect(view.getSnapshot()).toBe(before);
    frames.draw();
    const after = view.getSnapshot();
    expect(after).not.toBe(before);
    expect([after.events, after.replies]).toEqual([before.events, before.replies]);
    expect(after.events).toBe(before.events);
  });

  test('listens from its making on, with and without subscribers', () => {
    const { monitor, frames, view, told, follow } = stage();
    monitor.hears('before a subscriber');
    expect(namesOf(view.getSnapshot())).toEqual(['before a subscriber']);
    follow()();
    monitor.hears('in between');
    expect(frames.waiting).toBe(0);
    follow();
    monitor.hears('while a subscriber is there');
    frames.draw();
    expect(told.map((state) => namesOf(state).length)).toEqual([1, 2, 3]);
  });

  test('tells no subscriber that has left', () => {
    const { monitor, frames, told, follow } = stage();
    const leave = follow();
    monitor.hears('a');
    expect(frames.waiting).toBe(1);
    leave();
    expect(frames.waiting).toBe(0);
    frames.draw();
    expect(told.length).toBe(1);
  });

  test('tells the others when one of them throws', () => {
    const consoleError = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { monitor, frames, view, told, follow } = stage();
    const bad = vi.fn((state: ThreadState) => {
      if (state.events.length > 0) throw new Error('mine');
    });
    view.subscribe(bad);
    follow();
    monitor.hears('a');
    frames.draw();
    expect(told.length).toBe(2);
    expect(consoleError).toHaveBeenCalledExactlyOnceWith(expect.any(String), new Error('mine'));
    consoleError.mockRestore();
  });

  test('belongs to its monitor until it is stopped', () => {
    const { monitor, view, frames, told, follow } = stage();
    expect(threadView(monitor)).toBe(view);
    follow();
    monitor.hears('a');
    view.stop();
    expect([monitor.listening, frames.waiting, told.length]).toEqual([0, 0, 1]);
    const next = threadView(monitor, { schedule: frames.schedule });
    expect(next).not.toBe(view);
    expect(next.getSnapshot().events).toEqual([]);
    next.stop();
    expect(monitor.listening).toBe(0);
  });

  test('shows nothing of a thread that is left', () => {
    const { monitor, view } = stage();
    monitor.hears('of t');
    monitor.becomes({ thread_id: 'u' });
    // A listener that was called before the view has made the monitor follow another thread.
    monitor.hears('of t', null, 't');
    monitor.hears('of u', null, 'u');
    expect(namesOf(view.getSnapshot())).toEqual(['of u']);
  });

  test('reports gaps, and starts over after a reset', () => {
    const { monitor, view } = stage();
    monitor.hears('a');
    const gap = { from: 2, to: 5, reason: 'trimmed' } as const;
    monitor.loses(gap);
    expect(view.getSnapshot()).toMatchObject({ events: [{ event: 'a' }], gaps: [gap] });
    monitor.startsOver({ reason: 'deleted', from: 1 });
    monitor.hears('b');
    expect(view.getSnapshot()).toMatchObject({ events: [{ event: 'b' }], gaps: [] });
  });

  test('holds no more than it may, though no frame is ever drawn', () => {
    const { monitor, frames, view, follow } = stage({ maxEvents: 10 });
    follow();
    for (let n = 0; n < 1_000; n += 1) monitor.hears(`e${n}`);
    expect(frames.waiting).toBe(1);
    frames.draw();
    expect(namesOf(view.getSnapshot()).at(0)).toBe('e990');
    expect(view.getSnapshot().events.length).toBe(10);
  });

  for (const maxEvents of [-1, 1.5, Number.NaN]) {
    test(`refuses to keep ${maxEvents} events`, () => {
      expect(() => threadView(new StagedMonitor(), { maxEvents })).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
      );
    });
  }
});
