/** The page: which conversation, what can be done with it, and all of it shown. */

import type { Socket } from 'socket.io-client';
import { Asker } from './asking/asker.js';
import { EMPTY, isStreaming } from './conversation/conversation.js';
import { askBelief, type Belief } from './faults/belief.js';
import { AckFreezer } from './faults/frozen-acks.js';
import { Network } from './faults/network.js';
import { Following } from './following.js';
import { holds, UNTESTED } from './proof/proof.js';
import { BROKEN_LINK, type Condition, conditionOf } from './session/condition.js';
import { type Samples, withSample } from './session/rtt-graph.js';
import { addressOf, newThread, randomName, threadIn } from './thread-name.js';
import { Announcer } from './views/announcer.js';
import { ComposerView } from './views/composer-view.js';
import { ConditionView } from './views/condition-view.js';
import { ConversationView } from './views/conversation-view.js';
import { onNextFrame } from './views/dom.js';
import { FaultsView } from './views/faults-view.js';
import { FrameView } from './views/frame-view.js';
import { GRAPH, SessionView } from './views/session-view.js';
import { sayTurn } from './views/turn-view.js';

const TICK_MS = 1_000;
const OFFLINE_S = 5;

export class DemoPage {
  readonly #socket: Socket;
  readonly #network: Network;
  readonly #freezer: AckFreezer;
  readonly #asker: Asker;
  readonly #announcer = new Announcer();
  readonly #frame: FrameView;
  readonly #condition = new ConditionView();
  readonly #conversation: ConversationView;
  readonly #composer: ComposerView;
  readonly #session = new SessionView();
  readonly #faults: FaultsView;
  /** Null while the address names no conversation that there could be. */
  #following: Following | null = null;
  #thread_id: string | null = null;
  #samples: Samples = [];
  #belief: Belief | null = null;
  #pid: number | null = null;
  #unreachable = false;
  /** When the question that is under way was asked: how many registrations there had been. */
  #registrationsBefore = 0;
  #drawing = false;

  constructor(socket: Socket) {
    const ask = (question: string) => this.#ask(question);
    const say = (text: string) => this.#announcer.say(text);
    const changed = () => this.#draw();
    this.#socket = socket;
    this.#network = new Network(socket, changed);
    this.#freezer = new AckFreezer(socket);
    this.#asker = new Asker(this.#network.fetch, changed);
    this.#conversation = new ConversationView(ask);
    this.#composer = new ComposerView(ask, say);
    this.#frame = new FrameView({ say, newConversation: () => this.#begin(newThread()) });
    this.#faults = new FaultsView({
      cut: () => this.#network.cut(),
      goOffline: () => this.#network.goOffline(OFFLINE_S),
      stayOnPolling: (on) => this.#network.stayOnPolling(on),
      pauseAcks: (on) => this.#pauseAcks(on),
      skipEvent: () => this.#skipEvent(),
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
  }

  #begin(thread_id: string): void {
    history.pushState(null, '', addressOf(location.href, thread_id));
    this.#followAddress();
    this.#composer.focus();
  }

  #followAddress(): void {
    this.#following?.stop();
    this.#asker.forget();
    this.#composer.forget();
    this.#freezer.thaw();
    this.#thread_id = threadIn(location.href) ?? null;
    this.#following =
      this.#thread_id === null
        ? null
        : new Following(this.#socket, this.#thread_id, {
            changed: () => this.#draw(),
            registered: () => void this.#learnPid(),
            turnStarted: (turn) => this.#asker.sawStart(turn),
            turnEnded: (turn) => this.#announcer.say(sayTurn(turn)),
          });
    this.#draw();
  }

  #ask(question: string): void {
    const following = this.#following;
    if (!following || this.#thread_id === null) return;
    if (this.#asker.busy) {
      this.#composer.offer(question);
      return;
    }
    const { offset, head } = following.monitor.status;
    this.#registrationsBefore = following.registrations;
    void this.#asker.ask(question, this.#thread_id, Math.max(offset, head), randomName(24));
  }

  /** The same socket, and so the same server, serves every conversation; after a return it may be another. */
  async #learnPid(): Promise<void> {
    try {
      const response = await this.#network.fetch('demo.json');
      const { pid } = (await response.json()) as { readonly pid?: unknown };
      this.#pid = typeof pid === 'number' ? pid : null;
    } catch {
      this.#pid = null;
    }
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

  #skipEvent(): void {
    if (!this.#following) return;
    this.#following.skipping = true;
    this.#draw();
  }

  #tick(): void {
    const following = this.#following;
    if (!following) return;
    const { state, rtt_ms } = following.monitor.status;
    const sample = state === 'live' || state === 'degraded' ? rtt_ms : null;
    this.#samples = withSample(this.#samples, sample, GRAPH.capacity);
    this.#asker.look({
      now: performance.now(),
      complete: following.complete,
      busy: isStreaming(following.conversation),
      fresh: following.registrations > this.#registrationsBefore,
    });
    void this.#learnBelief();
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
    const condition = this.#conditionNow();
    this.#condition.render(condition, following?.proof ?? UNTESTED);
    this.#announcer.situation(`${condition.headline}. ${condition.advice}`);
    const open = following !== null && following.monitor.status.state !== 'failed';
    // What the thread holds already must be known: a question is looked for in what comes after it.
    this.#composer.render(this.#asker.asking, {
      open: open && following.registrations > 0,
      streaming: following !== null && isStreaming(following.conversation),
    });
    this.#faults.render({
      network: this.#network.state,
      frozenAt: this.#freezer.frozenAt,
      belief: this.#belief,
      pid: this.#pid,
      skipping: following?.skipping ?? false,
    });
    this.#frame.render({ thread_id: this.#thread_id, address: location.href, condition });
    const known = following?.complete ?? false;
    this.#conversation.render(following?.conversation ?? EMPTY, { known, open });
    if (!following) return;
    this.#session.render(following.monitor.status, this.#samples, following.happenings);
  }

  #conditionNow(): Condition {
    if (!this.#following) return BROKEN_LINK;
    const { offlineFor, pollingOnly } = this.#network.state;
    return conditionOf({
      status: this.#following.monitor.status,
      offlineFor,
      pollingOnly,
      online: navigator.onLine,
      unreachable: this.#unreachable,
      returned: this.#following.returned,
      whole: holds(this.#following.proof),
    });
  }
}
