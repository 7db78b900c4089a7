/** The page: which conversation, what can be done with it, and all of it shown. */

import type { Socket } from 'socket.io-client';
import { EMPTY, type PendingMessage } from './conversation/conversation.js';
import { askBelief, type Belief } from './faults/belief.js';
import { AckFreezer } from './faults/frozen-acks.js';
import { FaultyNetwork } from './faults/network.js';
import { Following } from './following.js';
import { holds, UNTESTED } from './proof/proof.js';
import { BROKEN_LINK, type Condition, conditionOf } from './session/condition.js';
import { type Samples, withSample } from './session/rtt-graph.js';
import { askServerFacts, type ServerFacts } from './session/server-facts.js';
import { addressOf, newThread, threadIn } from './thread-name.js';
import { ThreadList } from './threads/thread-list.js';
import { Announcer } from './views/announcer.js';
import { ComposerView } from './views/composer-view.js';
import { ConditionView } from './views/condition-view.js';
import { ConversationView } from './views/conversation-view.js';
import { onNextFrame } from './views/dom.js';
import { FaultsView } from './views/faults-view.js';
import { FrameView } from './views/frame-view.js';
import { sayReply } from './views/reply-view.js';
import { GRAPH, SessionView } from './views/session-view.js';
import { ThreadsView } from './views/threads-view.js';

const TICK_MS = 1_000;
/** What other tabs and clients do is seen within this time. */
const LIST_EVERY_TICKS = 10;
const OFFLINE_S = 5;

export class DemoPage {
  readonly #socket: Socket;
  readonly #network: FaultyNetwork;
  readonly #freezer: AckFreezer;
  readonly #announcer = new Announcer();
  readonly #frame: FrameView;
  readonly #condition = new ConditionView();
  readonly #conversation: ConversationView;
  readonly #composer: ComposerView;
  readonly #session = new SessionView();
  readonly #faults: FaultsView;
  readonly #threadList: ThreadList;
  readonly #threads: ThreadsView;
  /** Null while the address names no conversation that there could be. */
  #following: Following | null = null;
  #thread_id: string | null = null;
  #samples: Samples = [];
  #belief: Belief | null = null;
  #server: ServerFacts | null = null;
  #unreachable = false;
  /** The reply that is being stopped. */
  #stopping: string | null = null;
  #drawing = false;
  #ticks = 0;

  constructor(socket: Socket) {
    const send = (text: string) => this.#send(text);
    const say = (text: string) => this.#announcer.say(text);
    this.#socket = socket;
    this.#network = new FaultyNetwork(socket, () => this.#draw());
    this.#freezer = new AckFreezer(socket);
    this.#conversation = new ConversationView({ send, edit: (pending) => this.#edit(pending) });
    this.#composer = new ComposerView({ send, stop: () => void this.#stop() });
    this.#frame = new FrameView({ say, newConversation: () => this.#open(newThread()) });
    this.#threadList = new ThreadList(this.#network.fetch, () => this.#draw());
    this.#threads = new ThreadsView({
      open: (thread_id) => this.#open(thread_id),
      more: () => void this.#threadList.more(),
      addressOf: (thread_id) => addressOf(location.href, thread_id),
    });
    this.#faults = new FaultsView({
      cut: () => this.#network.cut(),
      goOffline: () => this.#network.goOffline(OFFLINE_S),
      stayOnPolling: (on) => this.#network.stayOnPolling(on),
      pauseAcks: (on) => this.#pauseAcks(on),
      loseEvent: () => this.#loseEvent(),
      say,
    });
  }

  start(): void {
    const reached = (unreachable: boolean) => () => {
      this.#unreachable = unreachable;
      this.#draw();
    };
    this.#socket.on('connect', reached(false));
    this.#socket.on('connect_error', reached(true));
    window.addEventListener('popstate', () => {
      // A link within the page leads to the same conversation.
      if ((threadIn(location.href) ?? null) !== this.#thread_id) this.#followAddress();
    });
    for (const name of ['online', 'offline']) window.addEventListener(name, () => this.#draw());
    setInterval(() => this.#tick(), TICK_MS);
    if (threadIn(location.href) === undefined) {
      history.replaceState(null, '', addressOf(location.href, newThread()));
    }
    this.#followAddress();
    void this.#learnServer();
  }

  #open(thread_id: string): void {
    if (thread_id !== this.#thread_id) {
      history.pushState(null, '', addressOf(location.href, thread_id));
      this.#followAddress();
    }
    this.#frame.show('conversation');
    this.#composer.focus();
  }

  #followAddress(): void {
    this.#following?.stop();
    this.#freezer.thaw();
    this.#stopping = null;
    this.#thread_id = threadIn(location.href) ?? null;
    this.#following =
      this.#thread_id === null
        ? null
        : new Following(this.#socket, this.#thread_id, {
            fetch: this.#network.fetch,
            changed: () => this.#render(),
            draw: () => this.#draw(),
            registered: () => {
              void this.#learnServer();
              void this.#threadList.refresh();
            },
            replyChanged: (message) => {
              if (message.state !== 'running') this.#announcer.say(sayReply(message));
              void this.#threadList.refresh();
            },
          });
    this.#following?.start();
    this.#draw();
  }

  #send(text: string): void {
    this.#conversation.follow();
    void this.#following?.send(text);
  }

  #edit({ message_id, text }: PendingMessage): void {
    this.#following?.takeBack(message_id);
    this.#composer.offer(text);
  }

  /** Ends the reply that is being written, on all pages. */
  async #stop(): Promise<void> {
    const following = this.#following;
    const run_id = following?.writing?.run_id;
    if (!following || run_id === undefined) return;
    this.#stopping = run_id;
    this.#draw();
    try {
      await following.monitor.cancel(run_id);
    } catch (error) {
      following.tell(error instanceof Error ? error.message : String(error), 'worried');
    }
    if (this.#stopping === run_id) this.#stopping = null;
    this.#draw();
  }

  /** The same socket, and so the same server, serves every conversation; after a return it may be another. */
  async #learnServer(): Promise<void> {
    this.#server = (await askServerFacts(this.#network.fetch)) ?? this.#server;
    this.#draw();
  }

  #pauseAcks(on: boolean): void {
    const following = this.#following;
    if (!following) return;
    const { epoch } = following.proof;
    this.#belief = null;
    if (on) this.#freezer.freeze({ epoch: epoch ?? '', offset: following.monitor.status.offset });
    else this.#freezer.thaw();
    void this.#learnBelief();
    this.#draw();
  }

  async #learnBelief(): Promise<void> {
    const session_id = this.#following?.monitor.status.session_id ?? null;
    if (this.#freezer.frozenAt === null || this.#thread_id === null || session_id === null) return;
    this.#belief = await askBelief(this.#network.fetch, this.#thread_id, session_id);
    this.#draw();
  }

  #loseEvent(): void {
    if (!this.#following) return;
    this.#following.lossy.losesNext = true;
    this.#draw();
  }

  #tick(): void {
    const following = this.#following;
    if (!following) return;
    const { state, rtt_ms } = following.monitor.status;
    const sample = state === 'live' || state === 'degraded' ? rtt_ms : null;
    this.#samples = withSample(this.#samples, sample, GRAPH.capacity);
    void this.#learnBelief();
    this.#ticks += 1;
    const isDue = this.#ticks % LIST_EVERY_TICKS === 0;
    if (isDue && document.visibilityState === 'visible') void this.#threadList.refresh();
    this.#draw();
  }

  /**
   * Soon, and once for all that happens until then: where the words come faster than a machine can lay
   * them out, each drawing shows more of them.
   */
  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    onNextFrame(() => {
      this.#drawing = false;
      this.#render();
    });
  }

  #render(): void {
    const following = this.#following;
    const status = following?.monitor.status;
    const condition = this.#conditionNow();
    this.#condition.render(condition, following?.proof ?? UNTESTED);
    this.#announcer.situation(`${condition.headline}. ${condition.advice}`);
    const open = status !== undefined && status.state !== 'failed';
    const writing = following?.writing;
    this.#composer.render({
      open,
      writing: writing !== undefined,
      stopping: writing !== undefined && writing.run_id === this.#stopping,
    });
    this.#faults.render({
      network: this.#network.state,
      frozenAt: this.#freezer.frozenAt,
      belief: this.#belief,
      server: this.#server,
      losesNext: following?.lossy.losesNext ?? false,
    });
    this.#threads.render({
      entries: this.#threadList.entries,
      hasMore: this.#threadList.hasMore,
      current: this.#thread_id,
      now: Date.now(),
    });
    this.#frame.render({ thread_id: this.#thread_id, address: location.href, condition });
    this.#conversation.render(following?.conversation ?? EMPTY, {
      known: following?.complete ?? false,
      open,
      connected: status?.state === 'live' || status?.state === 'degraded',
    });
    if (!following) return;
    this.#session.render(following.monitor.status, this.#samples, following.timeline);
  }

  #conditionNow(): Condition {
    const following = this.#following;
    if (!following) return BROKEN_LINK;
    const { offlineFor, pollingOnly } = this.#network.state;
    return conditionOf({
      status: following.monitor.status,
      offlineFor,
      pollingOnly,
      online: navigator.onLine,
      unreachable: this.#unreachable,
      returned: following.returned,
      whole: holds(following.proof),
      lostOnPurpose: following.lossy.lost.at(-1)?.offset ?? null,
      silenceMs: following.silence(performance.now()),
      server: this.#server,
    });
  }
}
