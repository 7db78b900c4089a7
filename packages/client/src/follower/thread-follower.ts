/** The shell: gives the core its events, and runs its effects on the link, the clock and the app. */

import type { ThreadEvents } from '@session-monitor/protocol';
import type { Effect, MonitorEvent } from '../core/effects.js';
import type { CoreEvent, Event } from '../core/events.js';
import { initialState, RULES, type Rules, type State, step } from '../core/index.js';
import { isFollowing } from '../core/state.js';
import { SessionMonitorError } from '../errors.js';
import { Emitter } from '../platform/emitter.js';
import { type Environment, platform } from '../platform/environment.js';
import { loadSession, tabStorage } from '../platform/storage.js';
import { callSocketListeners, deliver, type EventMeta, listenerFailed } from './delivery.js';
import { EffectRunner } from './effect-runner.js';
import { describeReceipt, isMonitorEvent, type MonitorEvents } from './monitor-events.js';
import { checkThreadId, type SessionMonitorOptions, settingsOf } from './options.js';
import type { PageInfo, Plugin, PluginContext } from './plugin.js';
import { openSocket, type SocketLike, SocketLink } from './socket-link.js';
import { type SessionMonitorStatus, sameStatus, statusOf } from './status.js';
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
 * Follows a thread on a server that speaks v2, and does nothing else: no messages, no diagnostics, no check of
 * options, no page activity. A SessionMonitor is one, with all of these, and speaks v1 too.
 *
 *     const follower = new ThreadFollower(socket, { thread_id: 'my-thread' }).start();
 *
 * @typeParam AppEvents as a SessionMonitor's
 */
export class ThreadFollower<AppEvents extends object = AnyEvents> {
  readonly #context: PluginContext;
  readonly #plugins: Plugin[] = [];
  #rules: Partial<Rules> = RULES;
  readonly #link: SocketLink;
  readonly #effects: EffectRunner;
  readonly #tokens: TokenSource;
  readonly #monitorEvents = new Emitter<MonitorEvents>(listenerFailed);
  readonly #threadEvents = new Emitter<Record<string, EventListener<never>>>(listenerFailed);
  readonly #anyEvent = new Emitter<{ readonly event: AnyEventListener }>(listenerFailed);
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
    const context: PluginContext = {
      socket: openSocket(socket),
      environment,
      storage,
      options,
      state: () => this.#state,
      status: () => this.#status,
      pageInfo: () => this.#pageInfo(),
      token: () => this.#tokens.get(),
      renewToken: (use) => this.#tokens.renew(use),
      isFetchingToken: () => this.#tokens.isPending,
      newestToken: () => this.#tokens.newest,
      thread: (problem) => this.#threadOr(problem),
      session: (thread_id) => this.#sessionOn(thread_id),
      request: (...message) => this.#link.request(...message),
      send: (...message) => this.#link.send(...message),
      dispatch: (event) => this.#dispatch(event),
      on: (name: string, listener: (...args: never[]) => void) =>
        this.on(name as never, listener as never),
      emitToListeners: (...event) => this.#emitToListeners(...event),
      emitError: (code, message) => this.#notify({ name: 'error', payload: { code, message } }),
      malformed: (event) =>
        context.emitError('protocol_error', `The server sent a '${event}' that cannot be read.`),
      statusChanged: () => this.#publishStatus(),
      log: (...what) => this.#log(...what),
    };
    this.#context = context;
    this.#tokens = new TokenSource(options.token, environment.after);
    this.#state = initialState(settingsOf(options), environment.instance());
    this.#status = statusOf(this.#state);
    this.#link = new SocketLink(context.socket, {
      dispatch: context.dispatch,
      onEphemeral: (ephemeral) => {
        if (this.#sessionOn(ephemeral.thread_id) !== null)
          this.#monitorEvents.emit('ephemeral', ephemeral);
      },
      malformed: context.malformed,
    });
    this.#effects = new EffectRunner({
      link: this.#link,
      context,
      answered: (...answer) => this.#plugins.some((each) => each.onAnswer?.(...answer)),
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
    const { options, storage } = this.#context;
    if (this.#unwatch.length === 0) this.#watchPage();
    // Listening comes first: what the socket is already doing is known when the core starts.
    this.#link.attach();
    const saved = loadSession(storage, thread);
    const { thread_id: own, cursor } = options;
    const checkpoint = cursor !== undefined && thread === own ? { checkpoint: cursor } : {};
    this.#dispatch({ type: 'start', thread_id: thread, saved, ...checkpoint });
    this.#eachPlugin((each) => each.start?.(thread));
    return this;
  }

  /** Ends the following. Nothing reaches a listener afterwards. The socket stays as it is. */
  stop(): this {
    this.#eachPlugin((each) => each.stop?.());
    this.#dispatch({ type: 'stop' });
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
      ? this.#monitorEvents.on(name, listener as MonitorEvents[typeof name])
      : this.#threadEvents.on(name, listener as EventListener<never>);
  }

  /**
   * Listens to every event of the thread, whatever its name, after the listeners of that name; to
   * nothing of the protocol's own. Returns the unsubscribe.
   */
  onAny(listener: AnyEventListener): () => void {
    return this.#anyEvent.on('event', listener);
  }

  /** A snapshot; the same object until something changes. */
  get status(): SessionMonitorStatus {
    return this.#status;
  }

  /**
   * The app's position. Save it together with the state that the app has made of the events so far, and give it to
   * the next monitor as `cursor`. Null before the first receipt and while events are being handed over: save
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
    const unsubscribe = this.#monitorEvents.on('status', onStatus);
    onStatus(this.#status);
    return unsubscribe;
  }

  #watchPage(): void {
    const { environment } = this.#context;
    this.#unwatch = [
      environment.onWake(() => this.#dispatch({ type: 'wake' })),
      environment.onSleep(() => this.#dispatch({ type: 'sleep' })),
    ];
  }

  /** Makes a plugin and adds it; before the start. */
  protected join<P extends Plugin>(Made: new (context: PluginContext) => P): P {
    const plugin = new Made(this.#context);
    this.#plugins.push(plugin);
    this.#rules = { ...this.#rules, ...plugin.rules };
    this.#status = this.#currentStatus();
    return plugin;
  }

  #eachPlugin(tell: (plugin: Plugin) => void): void {
    for (const each of this.#plugins) tell(each);
  }

  #pageInfo(): PageInfo | null {
    return this.#plugins.find(({ pageInfo }) => pageInfo)?.pageInfo?.() ?? null;
  }

  #currentStatus(): SessionMonitorStatus {
    return statusOf(this.#state, ...this.#plugins.map(({ status }) => status));
  }

  /** The thread that is followed, or will be. */
  #threadOr(problem: string): string {
    const thread = this.#state.thread_id ?? this.#context.options.thread_id;
    if (thread !== undefined) return thread;
    throw new SessionMonitorError(
      'ERR_NO_THREAD_ID',
      `${problem} Call start('my-thread'), or give { thread_id } to the constructor.`,
    );
  }

  /** The session that follows a thread at this moment. */
  #sessionOn(thread_id: string): string | null {
    const { session, v1 } = this.#state;
    const here = isFollowing(this.#state) && !v1 && this.#state.thread_id === thread_id;
    return here ? (session?.id ?? null) : null;
  }

  #dispatch(coreEvent: CoreEvent): void {
    const { now, random } = this.#context.environment;
    const event = { ...coreEvent, now: now(), random: random() } as Event;
    const before = this.#state;
    const { state, effects } = step(this.#rules, before, event);
    this.#state = state;
    this.#eachPlugin((each) => each.onStep?.(coreEvent, effects));
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
      case 'notify':
        this.#notify(effect.event);
        return;
      default:
        this.#effects.run(effect);
    }
  }

  /** Calls the listeners that the app has registered with the monitor itself. */
  #emitToListeners(event: string, data: unknown, meta: EventMeta): void {
    this.#threadEvents.emit(event, data, meta);
    this.#anyEvent.emit('event', event, data, meta);
  }

  #deliver(delivery: { frame: ThreadEvents; skip: number; from: number }): void {
    const { frame } = delivery;
    const { thread_id } = frame;
    const mayGoOn = () => isFollowing(this.#state) && this.#state.thread_id === thread_id;
    const delivered = deliver(delivery, mayGoOn, (event, data, meta) => {
      callSocketListeners(this.#context.socket, event, data);
      this.#emitToListeners(event, data, meta);
    });
    this.#dispatch({ type: 'delivered', frame, ...delivered });
  }

  #notify({ name, payload }: MonitorEvent): void {
    this.#log(name, name === 'registered' ? describeReceipt(payload) : payload);
    if (name === 'error' && !this.#monitorEvents.has('error')) {
      console.warn(`[SessionMonitor] ${payload.code}: ${payload.message}`);
    }
    this.#monitorEvents.emit(name, payload);
  }

  #publishStatus(): void {
    const status = this.#currentStatus();
    if (sameStatus(status, this.#status)) return;
    this.#status = status;
    this.#monitorEvents.emit('status', status);
  }

  #log(...what: readonly unknown[]): void {
    this.#eachPlugin((each) => each.onLog?.(what));
    if (this.#context.options.debug) console.debug('[SessionMonitor]', ...what);
  }
}
