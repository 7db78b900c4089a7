/** The shell: the core's events come in here, and what it wants done goes to the link, the clock and the app. */

import type { ThreadEvents } from '@session-monitor/protocol';
import type { Companion, FollowerHost, PageInfo } from './companion.js';
import type { Effect, Notice } from './core/effects.js';
import type { Event, Happening } from './core/events.js';
import { initialState, RULES, type Rules, type State, step } from './core/index.js';
import { isFollowing } from './core/state.js';
import { callSocketListeners, deliver, type EventMeta, listenerFailed } from './delivery.js';
import { EffectRunner } from './effect-runner.js';
import { Emitter } from './emitter.js';
import { type Environment, platform } from './environment.js';
import { SessionMonitorError } from './errors.js';
import { describeReceipt, isMonitorEvent, type MonitorEvents } from './monitor-events.js';
import { checkThreadId, type SessionMonitorOptions, settingsOf } from './options.js';
import { openSocket, type SocketLike, SocketLink } from './socket-link.js';
import { type SessionMonitorStatus, sameStatus, statusOf } from './status.js';
import { loadSession, tabStorage } from './storage.js';
import { TokenSource } from './token.js';

/** An app's event: its data, and where it stands in the thread. */
export type EventListener<Data = unknown> = (data: Data, meta: EventMeta) => void;
/** Called with each event of the thread: its name, its data, and its place. */
export type AnyEventListener = (event: string, data: unknown, meta: EventMeta) => void;
/** What an app's events are called and what they hold, if it says nothing of them. */
export type AnyEvents = Record<string, unknown>;
/** Any name for an app that has not said which there are, else none. */
type NameOf<AppEvents> = string extends keyof AppEvents ? string : never;

/**
 * Follows a thread on a server that speaks v2, and does nothing else: no questions, no diagnostics, no check of
 * options, no word of who looks at the page. A SessionMonitor is one, with all of these, and speaks v1 too.
 *
 *     const follower = new ThreadFollower(socket, { thread_id: 'my-thread' }).start();
 *
 * @typeParam AppEvents as a SessionMonitor's
 */
export class ThreadFollower<AppEvents extends object = AnyEvents> {
  /** For what goes along. */
  protected readonly host: FollowerHost;
  readonly #companions: Companion[] = [];
  #rules: Partial<Rules> = RULES;
  readonly #link: SocketLink;
  readonly #effects: EffectRunner;
  readonly #tokens: TokenSource;
  readonly #notices = new Emitter<MonitorEvents>(listenerFailed);
  readonly #events = new Emitter<Record<string, EventListener<never>>>(listenerFailed);
  readonly #everything = new Emitter<{ readonly event: AnyEventListener }>(listenerFailed);
  #state: State;
  #status: SessionMonitorStatus;
  #unwatch: readonly (() => void)[] = [];

  /**
   * @param socket any Socket.IO 4 client socket, connected or not
   * @throws SessionMonitorError ERR_NOT_A_SOCKET
   */
  constructor(
    socket: SocketLike,
    options: SessionMonitorOptions = {},
    environment: Environment = platform,
  ) {
    const { storage = tabStorage() } = options;
    const host: FollowerHost = {
      ...{ socket: openSocket(socket), environment, storage, options },
      state: () => this.#state,
      status: () => this.#status,
      page: () => this.#page(),
      token: () => this.#tokens.get(),
      isFetchingToken: () => this.#tokens.isPending,
      thread: (complaint) => this.#threadOr(complaint),
      session: (thread_id) => this.#sessionOn(thread_id),
      request: (...message) => this.#link.request(...message),
      send: (...message) => this.#link.send(...message),
      happened: (event) => this.#happen(event),
      hand: (...event) => this.#hand(...event),
      complain: (code, message) => this.#notify({ name: 'error', payload: { code, message } }),
      rubbish: (event) =>
        host.complain('protocol_error', `The server sent a '${event}' that cannot be read.`),
      changed: () => this.#publishStatus(),
      log: (...what) => this.#log(...what),
    };
    this.host = host;
    this.#tokens = new TokenSource(options.token, environment.after);
    this.#state = initialState(settingsOf(options), environment.instance());
    this.#status = statusOf(this.#state);
    this.#link = new SocketLink(host.socket, {
      happened: host.happened,
      whispered: (ephemeral) => {
        if (this.#sessionOn(ephemeral.thread_id) !== null)
          this.#notices.emit('ephemeral', ephemeral);
      },
      counted: (direction, data) => {
        this.#tellCompanions((each) => each.packet?.(direction, data));
      },
      rubbish: host.rubbish,
    });
    this.#effects = new EffectRunner({
      ...{ link: this.#link, host },
      answered: (...answer) => this.#companions.some((each) => each.answered?.(...answer)),
    });
  }

  /**
   * Begins to follow a thread, connecting the socket if it is not. Following another thread ends.
   *
   * @param thread_id left out, the one given to the constructor, or followed before
   * @throws SessionMonitorError ERR_NO_THREAD_ID, ERR_BAD_THREAD_ID
   */
  start(thread_id?: string): this {
    const thread = thread_id ?? this.#threadOr('There is no thread to follow.');
    checkThreadId(thread);
    const { options, storage } = this.host;
    if (thread !== this.#state.thread_id) this.#tellCompanions((each) => each.forgetHistory?.());
    if (this.#unwatch.length === 0) this.#watchPage();
    // Listening comes first: what the socket is already doing is known when the core starts.
    this.#link.attach();
    const saved = loadSession(storage, thread);
    const { thread_id: own, cursor } = options;
    const checkpoint = cursor !== undefined && thread === own ? { checkpoint: cursor } : {};
    this.#happen({ type: 'start', thread_id: thread, saved, ...checkpoint });
    this.#tellCompanions((each) => each.start?.(thread));
    return this;
  }

  /** Ends the following. Nothing reaches a listener afterwards. The socket stays as it is. */
  stop(): this {
    this.#tellCompanions((each) => each.stop?.());
    this.#happen({ type: 'stop' });
    this.#tokens.stop();
    this.#link.detach();
    for (const unwatch of this.#unwatch) unwatch();
    this.#unwatch = [];
    return this;
  }

  /**
   * Listens to what happens to the session (`registered`, `gap`, `reset`, `expired`, `taken_over`,
   * `draining`, `transport`, `protocol_downgrade`, `error`, `failed`, `status`, `ephemeral`) or to the
   * thread's events by their names. An app event that bears one of those names is heard by `socket.on`.
   * Returns the unsubscribe.
   */
  on<Name extends keyof MonitorEvents>(name: Name, listener: MonitorEvents[Name]): () => void;
  on<Name extends keyof AppEvents & string>(
    event: Name,
    listener: EventListener<AppEvents[Name]>,
  ): () => void;
  on<Data = unknown>(event: NameOf<AppEvents>, listener: EventListener<Data>): () => void;
  on(name: string, listener: (...args: never[]) => void): () => void {
    return isMonitorEvent(name)
      ? this.#notices.on(name, listener as MonitorEvents[typeof name])
      : this.#events.on(name, listener as EventListener<never>);
  }

  /**
   * Listens to every event of the thread, whatever its name, after the listeners of that name; to
   * nothing of the protocol's own. Returns the unsubscribe.
   */
  onAny(listener: AnyEventListener): () => void {
    return this.#everything.on('event', listener);
  }

  /** A snapshot; the same object until something changes. */
  get status(): SessionMonitorStatus {
    return this.#status;
  }

  /**
   * Where the app is: to be saved together with what it has made of the events so far, and given to the
   * next monitor as `cursor`. Null before the first receipt and while events are being handed over: save
   * when `status` changes, not from within an event's listener.
   */
  checkpoint(): string | null {
    const { inbox, pending } = this.#state;
    return inbox && !pending ? inbox.cursor : null;
  }

  /**
   * Calls back with the status, now and whenever it has changed: a store as Svelte expects one. Returns the
   * unsubscribe.
   */
  subscribe(onStatus: (status: SessionMonitorStatus) => void): () => void {
    const unsubscribe = this.#notices.on('status', onStatus);
    onStatus(this.#status);
    return unsubscribe;
  }

  #watchPage(): void {
    const { environment } = this.host;
    this.#unwatch = [
      environment.onWake(() => {
        this.#tellCompanions((each) => each.wake?.());
        this.#happen({ type: 'wake' });
      }),
      environment.onSleep(() => this.#happen({ type: 'sleep' })),
    ];
  }

  /** Takes something along; before the start. */
  protected join<C extends Companion>(companion: C): C {
    this.#companions.push(companion);
    this.#rules = { ...this.#rules, ...companion.rules };
    this.#status = this.#currentStatus();
    return companion;
  }

  #tellCompanions(tell: (companion: Companion) => void): void {
    for (const each of this.#companions) tell(each);
  }

  #page(): PageInfo | null {
    return this.#companions.find(({ page }) => page)?.page?.() ?? null;
  }

  #currentStatus(): SessionMonitorStatus {
    const runs = this.#companions.find((each) => each.runs)?.runs;
    const outage = this.#companions.find((each) => each.outage)?.outage;
    return statusOf(this.#state, runs, outage);
  }

  /** The thread that is followed, or will be. */
  #threadOr(complaint: string): string {
    const thread = this.#state.thread_id ?? this.host.options.thread_id;
    if (thread !== undefined) return thread;
    throw new SessionMonitorError(
      'ERR_NO_THREAD_ID',
      `${complaint} Call start('my-thread'), or give { thread_id } to the constructor.`,
    );
  }

  /** The session that follows a thread at this moment. */
  #sessionOn(thread_id: string): string | null {
    const { session, v1 } = this.#state;
    const here = isFollowing(this.#state) && !v1 && this.#state.thread_id === thread_id;
    return here ? (session?.id ?? null) : null;
  }

  #happen(happening: Happening): void {
    const { now, random } = this.host.environment;
    this.#tellCompanions((each) => each.happening?.(happening));
    const event = { ...happening, now: now(), random: random() } as Event;
    const before = this.#state;
    const { state, effects } = step(this.#rules, before, event);
    this.#state = state;
    this.#tellCompanions((each) => each.stepped?.(effects));
    if (state.phase !== before.phase) {
      this.#log(`${before.phase} -> ${state.phase} (${event.type})`, state.link.transport ?? '');
    }
    for (const effect of effects) this.#run(effect);
    this.#publishStatus();
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'deliver':
        this.#deliver(effect);
        return;
      case 'hand_on':
      case 'request_missed':
        this.#tellCompanions((each) => each.run?.(effect));
        return;
      case 'notify':
        this.#notify(effect.notice);
        return;
      default:
        this.#effects.run(effect);
    }
  }

  /** Calls the listeners that the app has registered with the monitor itself. */
  #hand(event: string, data: unknown, meta: EventMeta): void {
    this.#tellCompanions((each) => each.see?.(event, data));
    this.#events.emit(event, data, meta);
    this.#everything.emit('event', event, data, meta);
  }

  #deliver(delivery: { frame: ThreadEvents; skip: number; from: number }): void {
    const { frame } = delivery;
    const { thread_id } = frame;
    const mayGoOn = () => isFollowing(this.#state) && this.#state.thread_id === thread_id;
    const delivered = deliver(delivery, mayGoOn, (event, data, meta) => {
      callSocketListeners(this.host.socket, event, data);
      this.#hand(event, data, meta);
    });
    this.#happen({ type: 'delivered', frame, ...delivered });
  }

  #notify({ name, payload }: Notice): void {
    this.#log(name, name === 'registered' ? describeReceipt(payload) : payload);
    if (name === 'reset') this.#tellCompanions((each) => each.forgetHistory?.());
    if (name === 'registered') this.#tellCompanions((each) => each.registered?.(payload));
    if (name === 'error' && !this.#notices.has('error')) {
      console.warn(`[SessionMonitor] ${payload.code}: ${payload.message}`);
    }
    this.#notices.emit(name, payload);
  }

  #publishStatus(): void {
    const status = this.#currentStatus();
    if (sameStatus(status, this.#status)) return;
    this.#status = status;
    this.#notices.emit('status', status);
  }

  #log(...what: readonly unknown[]): void {
    this.#tellCompanions((each) => each.line?.(what));
    if (this.host.options.debug) console.debug('[SessionMonitor]', ...what);
  }
}
