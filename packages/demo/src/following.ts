/**
 * The page's following of one conversation: a monitor of its own, and what grows out of the events and
 * notices that it hands over.
 */

import { type EventMeta, SessionMonitor } from '@session-monitor/client';
import type { Socket } from 'socket.io-client';
import {
  type Conversation,
  EMPTY,
  type Turn,
  withEvent,
  withGap,
  withReset,
} from './conversation/conversation.js';
import * as proof from './proof/proof.js';
import {
  describeDrain,
  describeGap,
  describeLoss,
  describeReceipt,
  describeReset,
  describeTransport,
} from './session/happenings.js';

export interface Happening {
  readonly at: Date;
  readonly text: string;
  readonly kind: 'good' | 'plain' | 'worried' | 'broken';
}

export interface FollowingHandlers {
  readonly changed: () => void;
  readonly registered: () => void;
  readonly turnStarted: (turn: Turn) => void;
  /** One has ended that was not over when the page was opened. */
  readonly turnEnded: (turn: Turn) => void;
}

/** Quick enough for the page to show a dead link within seconds; an app can be more patient. */
const PING_INTERVAL_MS = 2_000;
const MAX_HAPPENINGS = 50;

export class Following {
  readonly monitor: SessionMonitor;
  conversation: Conversation = EMPTY;
  proof = proof.UNTESTED;
  /** Oldest first. */
  happenings: readonly Happening[] = [];
  /** Whether the next event is to be lost. */
  skipping = false;
  registrations = 0;
  /** What the newest receipt said, if it was not the first. */
  returned: string | null = null;
  readonly #handlers: FollowingHandlers;
  /** The thread's last offset when the page was opened: what is up to there is history. */
  #history = 0;
  /** Up to there an event comes from the log, after a return of the connection. */
  #replayUntil = 0;

  constructor(socket: Socket, thread_id: string, handlers: FollowingHandlers) {
    this.#handlers = handlers;
    this.monitor = new SessionMonitor(socket, { thread_id, pingInterval: PING_INTERVAL_MS });
    this.#listen();
    this.monitor.start();
  }

  /** Nothing reaches the handlers afterwards. */
  stop(): void {
    this.monitor.stop();
  }

  /** Whether everything that the thread is known to have is here. */
  get complete(): boolean {
    const { state, offset, head } = this.monitor.status;
    return this.registrations > 0 && state === 'live' && offset >= head;
  }

  tell(text: string, kind: Happening['kind'] = 'plain'): void {
    const happening = { at: new Date(), text, kind };
    this.happenings = [...this.happenings, happening].slice(-MAX_HAPPENINGS);
    this.#handlers.changed();
  }

  #listen(): void {
    const { monitor } = this;
    monitor.onAny((name, data, meta) => this.#apply(name, data, meta));
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
      this.#handlers.registered();
    });
    monitor.on('gap', (gap) => {
      this.proof = proof.withGap(this.proof, gap);
      this.conversation = withGap(this.conversation, gap);
      this.tell(describeGap(gap), 'worried');
    });
    monitor.on('reset', (reset) => {
      this.proof = proof.withReset(this.proof, reset);
      this.conversation = withReset(this.conversation, reset);
      this.tell(describeReset(reset), 'worried');
    });
    monitor.on('transport', (report) => this.tell(describeTransport(report)));
    monitor.on('draining', (notice) => this.tell(describeDrain(notice), 'worried'));
    monitor.on('expired', ({ detail }) => this.tell(detail, 'worried'));
    monitor.on('taken_over', () => this.tell('Another tab has taken the session over', 'worried'));
    monitor.on('error', ({ message }) => this.tell(message, 'worried'));
    monitor.on('failed', ({ message }) => this.tell(message, 'broken'));
    let before = monitor.status.state;
    monitor.subscribe(() => {
      const { state, offset } = monitor.status;
      if (state === 'recovering' && before !== state) this.tell(describeLoss(offset), 'worried');
      before = state;
      this.#handlers.changed();
    });
  }

  #apply(name: string, data: unknown, meta: EventMeta): void {
    const { offset } = meta;
    if (this.skipping) {
      this.skipping = false;
      this.tell(
        `Event ${offset} was lost on purpose; reload to have it back from the log`,
        'broken',
      );
      return;
    }
    this.proof = proof.withEvent(this.proof, meta);
    const replay = offset <= this.#replayUntil ? this.registrations : 0;
    const before = this.conversation;
    this.conversation = withEvent(before, { name, data, offset, replay });
    // Turns are only ever added behind the others.
    for (const [index, turn] of this.conversation.turns.entries()) {
      if (before.turns[index]?.status === turn.status) continue;
      if (turn.status === 'streaming') this.#handlers.turnStarted(turn);
      else if (offset > this.#history) this.#handlers.turnEnded(turn);
    }
    this.#handlers.changed();
  }
}
