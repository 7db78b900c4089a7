/** Frames: what the inbox admits is delivered, the rest is dropped or asked for. */

import { admit, type ThreadEvents } from '@session-monitor/protocol';
import type { Effect } from './effects.js';
import type { Event } from './events.js';
import { heard } from './heartbeat.js';
import { acknowledge, announce, askAgain, notifyAll } from './moves.js';
import { isFollowing, type State } from './state.js';
import { andThen, next, type Step, unchanged } from './transition.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function onFrame(state: State, { frame, now }: Of<'frame'>): Step {
  if (!isFollowing(state) || state.v1 || !isMine(state, frame)) return unchanged(state);
  const alive: State = { ...state, phase: 'live', heartbeat: heard(state.heartbeat, now) };
  // Until the receipt says where the server goes on, what arrives is of the old course.
  return state.resume || !state.inbox ? unchanged(alive) : apply(alive, frame, state.inbox);
}

function isMine({ session, thread_id }: State, frame: ThreadEvents): boolean {
  if (frame.thread_id !== thread_id) return false;
  return frame.session_id === undefined || frame.session_id === session?.id;
}

function apply(state: State, frame: ThreadEvents, inbox: NonNullable<State['inbox']>): Step {
  const verdict = admit(inbox, frame);
  switch (verdict.kind) {
    case 'foreign':
      return unchanged(state);
    case 'duplicate': {
      const duplicates = state.counters.duplicates + verdict.events;
      return acknowledge({ ...state, counters: { ...state.counters, duplicates } });
    }
    case 'hole':
      return askAgain(state, `offset ${verdict.got} came where ${verdict.expected} was due`);
    case 'deliver': {
      const { skip, from, gap, reset } = verdict;
      const duplicates = state.counters.duplicates + skip;
      const passed = {
        ...state,
        counters: { ...state.counters, duplicates },
        // What is gone is passed now; what comes is passed when the listeners have been called.
        ...((reset || gap) && { inbox: { ...inbox, epoch: frame.epoch, offset: from - 1 } }),
      };
      const told = announce(passed, reset, gap);
      const pending = { frame, skip, from };
      const deliver: Effect = { type: 'deliver', ...pending };
      return next(told.state, { pending }, [...notifyAll(told.notices), deliver]);
    }
  }
}

/** The listeners have been called: now it is applied (I3). */
export function onDelivered(state: State, event: Of<'delivered'>): Step {
  const { frame, offset, complete, events } = event;
  const { inbox, counters } = state;
  // The app may have begun another thread from within a listener.
  if (!inbox || frame.thread_id !== state.thread_id || frame.epoch !== inbox.epoch) {
    return unchanged(state);
  }
  const cursor = complete ? frame.cursor : inbox.cursor;
  const skip = (state.pending?.skip ?? 0) + events;
  const applied = next(state, {
    inbox: { epoch: frame.epoch, offset, cursor },
    pending: complete ? null : { frame, skip, from: offset + 1 },
    head: Math.max(state.head, offset),
    counters: { ...counters, applied: counters.applied + events },
    strikes: 0,
  });
  return mustAcknowledge(applied.state, frame) ? andThen(applied, acknowledge) : applied;
}

/** The server asked, or half a window is unacknowledged. */
function mustAcknowledge(state: State, frame: ThreadEvents): boolean {
  if (!isFollowing(state) || !state.session || !state.inbox) return false;
  const unacknowledged = state.inbox.offset - state.acknowledged;
  return frame.ack === true || unacknowledged * 2 >= state.session.window.events;
}
