/** The thread of a monitor as a store for user interfaces: immutable states, and a notice of each new one. */

import type { Gap, Reset } from '@session-monitor/protocol';
import { initialState } from '../core/state.js';
import { SessionMonitorError } from '../errors.js';
import type { EventMeta } from '../follower/delivery.js';
import { settingsOf } from '../follower/options.js';
import { type SessionMonitorStatus, statusOf } from '../follower/status.js';
import { Emitter } from '../platform/emitter.js';
import { NO_HISTORY, type ThreadEvent, type ThreadHistory } from './history.js';
import { nextFrame, type Schedule } from './next-frame.js';
import { type HistoryLimits, withEvents, withGap } from './reduce.js';

/** What a thread holds, as state for user interfaces; immutable. */
export interface ThreadState extends ThreadHistory {
  readonly status: SessionMonitorStatus;
}

/** How much a view keeps, and when it tells its subscribers. */
export interface ThreadViewOptions {
  /** How many of the newest events are kept, whole number, 0 or more. Default 1,000. */
  readonly maxEvents?: number;
  /** How many of the newest replies are kept. Default 1,000. */
  readonly maxReplies?: number;
  /** When the view notifies subscribers, at most once each time. Default: before the next frame is drawn. */
  readonly schedule?: Schedule;
}

/** What a view needs of a monitor: any SessionMonitor will do, whatever its events are. */
export interface ViewedMonitor {
  readonly status: SessionMonitorStatus;
  subscribe(onStatus: (status: SessionMonitorStatus) => void): () => void;
  onAny(listener: (event: string, data: unknown, meta: EventMeta) => void): () => void;
  on(name: 'gap', listener: (gap: Gap) => void): () => void;
  on(name: 'reset', listener: (reset: Reset) => void): () => void;
}

/** A thousand words as they were streamed, a thousand replies: more than a page shows at a time. */
const DEFAULT_MAX = 1_000;
/** Events that may wait for the next frame. At this number the view works them in before it (I9). */
const MAX_PENDING = 250;

/** The existing views: each is freed with its monitor. */
const views = new WeakMap<ViewedMonitor, ThreadView>();

/**
 * The view of a monitor. There is one: the first call makes it, with its options, later calls return it.
 * It listens from then on until `stop`, with or without subscribers, so that nothing is lost
 * between two components. Make it before the monitor starts: it knows nothing of earlier events.
 *
 *     const view = threadView(monitor);
 *     view.subscribe(({ replies }) => render(replies));
 *     monitor.start();
 *
 * @throws SessionMonitorError ERR_BAD_OPTION
 */
export function threadView(monitor: ViewedMonitor, options: ThreadViewOptions = {}): ThreadView {
  const view = views.get(monitor) ?? new ThreadView(monitor, options, () => views.delete(monitor));
  views.set(monitor, view);
  return view;
}

/** A thread as state: a store for `useSyncExternalStore`, for Svelte, or for code of your own. */
export class ThreadView {
  readonly #limits: HistoryLimits;
  readonly #schedule: Schedule;
  readonly #subscribers = new Emitter<{ readonly state: (state: ThreadState) => void }>((error) =>
    console.error('[SessionMonitor] A subscriber threw:', error),
  );
  readonly #ends: readonly (() => void)[];
  #history: ThreadHistory = NO_HISTORY;
  #status: SessionMonitorStatus;
  /** Events that are not in the history yet. */
  #pending: ThreadEvent[] = [];
  /** The state that subscribers last received. */
  #told: ThreadState;
  #cancelFrame: (() => void) | undefined;

  /** Use {@link threadView}. */
  constructor(monitor: ViewedMonitor, options: ThreadViewOptions, onStop: () => void) {
    this.#limits = checkLimits(options);
    this.#schedule = options.schedule ?? nextFrame;
    this.#status = monitor.status;
    this.#told = { status: this.#status, ...this.#history };
    this.#ends = [
      onStop,
      monitor.subscribe((status) => this.#onStatus(status)),
      monitor.onAny((_event, data, meta) => this.#onEvent({ ...meta, data })),
      monitor.on('gap', (gap) => this.#grow((history) => withGap(history, gap, this.#limits))),
      monitor.on('reset', () => this.#grow(() => NO_HISTORY)),
    ];
  }

  /** The same object until something has changed; with subscribers, the state that they last received. */
  readonly getSnapshot = (): ThreadState => {
    if (!this.#subscribers.has('state')) this.#settle();
    return this.#told;
  };

  /**
   * Calls back with the state, now and when it has changed, at most once for each frame that is drawn: a
   * store as Svelte expects one. Returns the unsubscribe.
   */
  readonly subscribe = (onState: (state: ThreadState) => void): (() => void) => {
    const state = this.getSnapshot();
    const unsubscribe = this.#subscribers.on('state', onState);
    onState(state);
    return () => {
      unsubscribe();
      if (!this.#subscribers.has('state')) this.#cancel();
    };
  };

  /** Stops listening to the monitor. The state stays as it is, and the next `threadView` makes another view. */
  stop(): void {
    for (const end of this.#ends) end();
    this.#cancel();
  }

  #onStatus(status: SessionMonitorStatus): void {
    const before = this.#status;
    this.#status = status;
    if (status.thread_id === before.thread_id) this.#changed();
    // What has been shown is of another conversation.
    else this.#grow(() => NO_HISTORY);
  }

  #onEvent(event: ThreadEvent): void {
    // Another listener of this event may have made the monitor follow another thread.
    if (event.thread_id !== this.#status.thread_id) return;
    this.#pending.push(event);
    if (this.#pending.length >= MAX_PENDING) this.#work();
    this.#changed();
  }

  #grow(grown: (history: ThreadHistory) => ThreadHistory): void {
    this.#work();
    this.#history = grown(this.#history);
    this.#changed();
  }

  /** Works the waiting events into the history. */
  #work(): void {
    this.#history = withEvents(this.#history, this.#pending, this.#limits);
    this.#pending = [];
  }

  #changed(): void {
    if (this.#cancelFrame || !this.#subscribers.has('state')) return;
    this.#cancelFrame = this.#schedule(() => {
      this.#cancelFrame = undefined;
      if (this.#settle()) this.#subscribers.emit('state', this.#told);
    });
  }

  /** Makes the current state the one to give out. Returns whether it has changed. */
  #settle(): boolean {
    this.#work();
    const { status, events, replies, gaps } = this.#told;
    const same =
      status === this.#status &&
      events === this.#history.events &&
      replies === this.#history.replies &&
      gaps === this.#history.gaps;
    if (!same) this.#told = { status: this.#status, ...this.#history };
    return !same;
  }

  #cancel(): void {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
  }
}

/** The state of a view whose monitor has not started: what a server renders, and a page before it lives. */
export const NOT_STARTED: ThreadState = {
  status: statusOf(initialState(settingsOf({}), '')),
  ...NO_HISTORY,
};

/** @throws SessionMonitorError ERR_BAD_OPTION */
function checkLimits(options: ThreadViewOptions): HistoryLimits {
  const { maxEvents = DEFAULT_MAX, maxReplies = DEFAULT_MAX } = options;
  for (const [name, value] of Object.entries({ maxEvents, maxReplies })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    const message = `Option '${name}' is ${String(value)}. Allowed: a whole number, 0 or more.`;
    throw new SessionMonitorError('ERR_BAD_OPTION', message);
  }
  return { maxEvents, maxReplies };
}
