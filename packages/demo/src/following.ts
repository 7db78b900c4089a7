/**
 * The page's following of one conversation: a monitor and its view, as any app has them, and what this page makes of
 * them besides: its own check, what came from the log, what has happened.
 */

import {
  type EventMeta,
  type Reply,
  SessionMonitor,
  type ThreadView,
  threadView,
} from '@session-monitor/client';
import type { Socket } from 'socket.io-client';
import {
  beingWritten,
  type Conversation,
  conversationOf,
  type PendingMessage,
} from './conversation/conversation.js';
import { Replays } from './conversation/replays.js';
import { LossyMonitor } from './faults/lossy-monitor.js';
import * as proof from './proof/proof.js';
import {
  describeDrain,
  describeGap,
  describeLoss,
  describeReceipt,
  describeReset,
  describeTransport,
} from './session/timeline.js';
import { randomName } from './thread-name.js';
import { onNextFrame } from './views/dom.js';

export interface TimelineEntry {
  readonly at: Date;
  readonly text: string;
  readonly kind: 'good' | 'plain' | 'worried' | 'broken';
}

export interface FollowingDeps {
  /** Sends messages. */
  readonly fetch: typeof fetch;
  /** The thread is another one. Called at most once for each frame, before it is drawn. */
  readonly changed: () => void;
  /** Something else that is shown may have changed. */
  readonly draw: () => void;
  readonly registered: () => void;
  /** A reply has begun, or ended, since the page was opened. */
  readonly replyChanged: (reply: Reply) => void;
}

/** Quick enough for the page to show a dead link within seconds; an app can be more patient. */
const PING_INTERVAL_MS = 2_000;
const MAX_TIMELINE_ENTRIES = 50;

export class Following {
  readonly monitor: SessionMonitor;
  readonly lossy: LossyMonitor;
  proof = proof.UNTESTED;
  /** Oldest first. */
  timeline: readonly TimelineEntry[] = [];
  registrations = 0;
  /** What the newest receipt said, if it was not the first. */
  returned: string | null = null;
  readonly #deps: FollowingDeps;
  readonly #view: ThreadView;
  readonly #replays = new Replays();
  #refused: readonly PendingMessage[] = [];
  #replies: readonly Reply[] = [];
  /** The thread's last offset when the page was opened: what is up to there is history. */
  #history = 0;
  /** Up to there an event comes from the log, after a return of the connection. */
  #replayUntil = 0;
  #newestEventAt = 0;

  constructor(socket: Socket, thread_id: string, deps: FollowingDeps) {
    this.#deps = deps;
    this.monitor = new SessionMonitor(socket, {
      thread_id,
      pingInterval: PING_INTERVAL_MS,
      fetch: (url, init) => deps.fetch(url, init),
    });
    this.lossy = new LossyMonitor(this.monitor, ({ offset }) =>
      this.tell(`Event ${offset} was lost on purpose; a reload has it back from the log`, 'broken'),
    );
    this.#view = threadView(this.lossy, { schedule: onNextFrame });
    this.#listen();
  }

  start(): void {
    this.#view.subscribe(() => this.#onThread());
    this.monitor.start();
  }

  /** Nothing reaches the page afterwards. */
  stop(): void {
    this.#view.stop();
    this.monitor.stop();
  }

  /** The server gets it once, however long the network is away, or refuses it: then the page keeps it as refused. */
  async send(text: string): Promise<void> {
    const message_id = randomName(24);
    try {
      await this.monitor.sendMessage(text, { message_id });
    } catch (error) {
      const refusal = error instanceof Error ? error.message : String(error);
      this.#refused = [...this.#refused, { message_id, text, refusal }];
      this.tell(`Not sent: ${refusal}`, 'broken');
    }
  }

  /** Takes a message back that was refused. */
  takeBack(message_id: string): void {
    this.#refused = this.#refused.filter((each) => each.message_id !== message_id);
    this.#deps.draw();
  }

  get conversation(): Conversation {
    return conversationOf({
      thread: this.#view.getSnapshot(),
      replayed: (run_id) => this.#replays.of(run_id),
      lost: this.lossy.lost,
      refused: this.#refused,
    });
  }

  /** The reply that grows. */
  get writing(): Reply | undefined {
    return beingWritten(this.#view.getSnapshot().replies);
  }

  /** Milliseconds since the newest event, while a reply is being written. */
  silence(now: number): number | null {
    return this.writing ? now - this.#newestEventAt : null;
  }

  /** Whether everything that the thread is known to have is here. */
  get complete(): boolean {
    const { state, offset, head } = this.monitor.status;
    return this.registrations > 0 && state === 'live' && offset >= head;
  }

  tell(text: string, kind: TimelineEntry['kind'] = 'plain'): void {
    const entry = { at: new Date(), text, kind };
    this.timeline = [...this.timeline, entry].slice(-MAX_TIMELINE_ENTRIES);
    this.#deps.draw();
  }

  #listen(): void {
    const { monitor } = this;
    this.lossy.onAny((event, data, meta) => this.#onEvent(event, data, meta));
    monitor.on('registered', (receipt) => {
      this.registrations += 1;
      const text = describeReceipt(receipt);
      if (this.registrations === 1) {
        this.#history = receipt.head;
      } else {
        this.#replayUntil = receipt.head;
        this.returned = text;
      }
      this.tell(text, 'good');
      this.#deps.registered();
    });
    monitor.on('gap', (gap) => {
      this.proof = proof.withGap(this.proof, gap);
      this.tell(describeGap(gap), 'worried');
    });
    monitor.on('reset', (reset) => {
      this.proof = proof.withReset(this.proof, reset);
      this.#replays.forget();
      this.tell(describeReset(reset), 'worried');
    });
    monitor.on('transport', (report) => this.tell(describeTransport(report)));
    monitor.on('draining', (notice) => this.tell(describeDrain(notice), 'worried'));
    monitor.on('expired', ({ detail }) => this.tell(detail, 'worried'));
    monitor.on('taken_over', () => this.tell('Another tab has taken the session over', 'worried'));
    monitor.on('error', ({ message: reply }) => this.tell(reply, 'worried'));
    monitor.on('failed', ({ message: reply }) => this.tell(reply, 'broken'));
    let before = monitor.status.state;
    monitor.subscribe(({ state, offset }) => {
      if (state === 'recovering' && before !== state) this.tell(describeLoss(offset), 'worried');
      before = state;
    });
  }

  #onEvent(event: string, data: unknown, meta: EventMeta): void {
    this.proof = proof.withEvent(this.proof, meta);
    this.#replays.see(event, data, meta.offset <= this.#replayUntil);
    this.#newestEventAt = performance.now();
  }

  #onThread(): void {
    const before = this.#replies;
    this.#replies = this.#view.getSnapshot().replies;
    if (this.#replies !== before) {
      const states = new Map(before.map(({ run_id, state }) => [run_id, state]));
      for (const reply of this.#replies) {
        const { run_id, state, offset } = reply;
        const isHistory = !states.has(run_id) && offset <= this.#history;
        if (!isHistory && states.get(run_id) !== state) this.#deps.replyChanged(reply);
      }
    }
    this.#deps.changed();
  }
}
