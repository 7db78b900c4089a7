/** Frames: events that the inbox admits are delivered; the rest is dropped or requested again. */

import { admit, type ThreadEvents } from '@session-monitor/protocol';
import type { Of } from './events.js';
import { heard } from './heartbeat.js';
import { acknowledge, announce, askAgain } from './moves.js';
import { isFollowing, type State } from './state.js';
import { andThen, counted, next, type Step, unchanged, withEffects } from './transition.js';

export function onFrame(state: State, { frame, now }: Of<'frame'>): Step {
  if (state.v1 || !isMine(state, frame)) return unchanged(state);
  const alive: State = { ...state, phase: 'live', heartbeat: heard(state.heartbeat, now) };
  // Until the receipt names the new position, frames still belong to the former one.
  return state.resume || !state.inbox ? unchanged(alive) : apply(alive, frame, state.inbox);
}

function isMine(state: State, frame: ThreadEvents): boolean {
  const own = state.session?.id;
  const { thread_id, session_id = own } = frame;
  return thread_id === state.thread_id && session_id === own;
}

function apply(state: State, frame: ThreadEvents, inbox: NonNullable<State['inbox']>): Step {
  const verdict = admit(inbox, frame);
  switch (verdict.kind) {
    case 'foreign':
      return unchanged(state);
    case 'duplicate':
      return acknowledge({ ...state, ...counted(state, 'duplicates', verdict.events) });
    case 'hole':
      return askAgain(state, `offset ${verdict.got} came where ${verdict.expected} was due`);
    case 'deliver': {
      const { skip, from, gap, reset } = verdict;
      const pending = { frame, skip, from };
      const passed = {
        ...state,
        ...counted(state, 'duplicates', skip),
        pending,
        // A gap or a reset moves the inbox now; events move it when the listeners have been called.
        ...((reset || gap) && { inbox: { ...inbox, epoch: frame.epoch, offset: from - 1 } }),
      };
      // mutant: inbox-does-not-announce-gaps
      return withEffects(announce(passed, reset, gap), [{ type: 'deliver', ...pending }]);
    }
  }
}

/** The listeners have been called: now the frame counts as applied (I3). */
export function onDelivered(state: State, event: Of<'delivered'>): Step {
  const { frame, offset, complete, events } = event;
  const { inbox } = state;
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
    ...counted(state, 'applied', events),
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
