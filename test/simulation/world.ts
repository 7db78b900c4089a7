/** A whole world from a scenario: pages, a network, a node on a disk, backends, and checkers. */

import type { Receipt } from '../../packages/protocol/src/messages.js';
import type { AuthorizeAnswer } from '../../packages/server/src/access/authorize.js';
import { DEFAULT_SETTINGS, type SessionSettings } from '../../packages/server/src/options.js';
import { Disk, FAST_FLUSH_MS } from './disk/disk.js';
import type { ReadFaults } from './disk/faulty-reads.js';
import type { Latency } from './network/channel.js';
import { SimNetwork } from './network/network.js';
import { Checker } from './oracle/checker.js';
import { DeliveryChecker } from './oracle/delivery-checker.js';
import { Owners } from './oracle/owners.js';
import { Permissions } from './oracle/permissions.js';
import { Publications } from './oracle/publications.js';
import { ReferenceLog } from './oracle/reference-log.js';
import { ServerWatch } from './oracle/server-watch.js';
import { type StoreWatch, watchStore } from './oracle/store-watch.js';
import type { View } from './oracle/view.js';
import { PagePool } from './pages/page-pool.js';
import type { Scenario } from './scenario/actions.js';
import { Faults } from './scenario/faults.js';
import { nodeName } from './server/node-name.js';
import { SimPublisher } from './server/publisher.js';
import { scriptedResponder } from './server/responder.js';
import { SimNode } from './server/sim-node.js';
import { Random } from './time/random.js';
import { Scheduler } from './time/scheduler.js';

/** How often the server asks for pings: a world lives for seconds. */
const PING_INTERVAL_MS = 1_000;
/** After how long a process that has ended by itself is started again. */
const RESTART_MS = 100;
/** How long a stop may take on a healthy disk: running replies end at once. */
const STOP_MS = 500;
/** Longer than a world lives: makes a world without pings. */
const NEVER_MS = 60_000;

export class SimWorld {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly checker: Checker;
  readonly reference: ReferenceLog;
  readonly disk: Disk;
  readonly network: SimNetwork;
  readonly clients: PagePool;
  readonly publisher: SimPublisher;
  readonly publications: Publications;
  readonly owners: Owners;
  readonly permissions: Permissions;
  readonly reads: ReadFaults = { slowMs: 0, failing: 0 };
  readonly latency: Latency;
  readonly faults: Faults;
  /** The current behaviour of `authorize`. */
  authorizing: 'as usual' | 'outage' | 'slow' = 'as usual';
  /** Tokens issued before this time have expired. */
  tokensFrom = 0;
  node: SimNode | undefined;
  /** No node starts before this time; then one does, unless one runs already. */
  #downUntil = 0;
  #nodes = 0;
  #wallOffsetMs = 0;
  readonly #settings: SessionSettings;
  readonly #watch: ServerWatch;
  readonly #storeWatch: StoreWatch;
  #putBack: (() => void) | undefined;

  constructor(scenario: Scenario, writesDown: boolean) {
    this.scenario = scenario;
    const { scheduler } = this;
    this.random = new Random(scenario.seed).fork('world');
    this.checker = new Checker(scheduler, writesDown);
    this.reference = new ReferenceLog(this.checker);
    this.owners = new Owners(this.checker, 2 * pingIntervalOf(scenario));
    this.permissions = new Permissions(scheduler);
    this.#storeWatch = watchStore(this.reference, this.checker, this.owners);
    this.disk = new Disk(scheduler, this.random.fork('disk'), this.#storeWatch);
    this.latency = { minMs: scenario.latencyMs.min, maxMs: scenario.latencyMs.max };
    const node = () => this.node;
    this.network = new SimNetwork({
      scheduler,
      latency: this.latency,
      node,
      random: this.random.fork('network'),
      heartbeatMs: scenario.heartbeatMs,
    });
    this.#settings = settingsOf(scenario);
    const deliveries = new DeliveryChecker(
      this.checker,
      this.reference,
      this.#settings,
      ({ session_id, socket, generation }) => {
        const session = this.node?.sessions?.internals.registry.get(session_id);
        return session?.peer.id === socket.id && session.record.generation === generation;
      },
    );
    const { checker, reference, owners, permissions } = this;
    const views = new Map<string, View>();
    this.#watch = new ServerWatch({
      scheduler,
      checker,
      reference,
      deliveries,
      owners,
      permissions,
      node,
      isClaimed: (session_id) => this.clients.claimed.has(session_id),
      viewOf: ({ session_id, generation, node }) =>
        views.get(`${session_id} ${generation} ${node}`),
    });
    this.publications = new Publications(checker, reference);
    this.publisher = new SimPublisher({
      scheduler,
      checker,
      node,
      publications: this.publications,
      random: this.random.fork('publisher'),
      lostAnswers: scenario.lostAnswers,
    });
    this.clients = new PagePool({
      scheduler,
      checker,
      reference,
      network: this.network,
      random: this.random.fork('pages'),
      firstGrant: (instance, receipt) => this.#firstGrant(instance, receipt),
      onRegistered: ({ session_id, generation, node }, view) =>
        views.set(`${session_id} ${generation} ${node}`, view),
    });
    this.faults = new Faults(this);
  }

  /**
   * A monitor's first granted position. The server does not know a session that is over, or was erased with its
   * thread: a later grant is new.
   */
  #firstGrant(instance: string, { thread_id, epoch, outcome }: Receipt): Receipt | undefined {
    const first = this.owners.firstGrants.get(`${instance} ${thread_id}`);
    if (!first || outcome !== 'new') return first?.receipt;
    const { sessionTtlMs, idle, actions } = this.scenario;
    let elapsedMs = this.scheduler.now - first.at;
    for (const action of actions) if (action.do === 'clock') elapsedMs += Math.abs(action.byMs);
    const over = elapsedMs >= Math.min(sessionTtlMs, idle.expireMs);
    return over || epoch !== first.receipt.epoch ? undefined : first.receipt;
  }

  /** Starts a process on the disk, if none runs and it is time. */
  startNode(): void {
    if (this.node && this.node.state !== 'ended') return;
    if (this.scheduler.now < this.#downUntil) return;
    this.#nodes += 1;
    const name = nodeName(this.#nodes);
    this.checker.note(() => `${name} starts`);
    const node: SimNode = new SimNode({
      name,
      scheduler: this.scheduler,
      disk: this.disk,
      reads: this.reads,
      random: this.random.fork(name),
      settings: this.#settings,
      authorize: ({ auth, token }) => this.#authorize(String(auth.client), token),
      respond: scriptedResponder,
      watch: this.#watch,
      onEnd: (reason) => {
        this.checker.note(() => `${name} ends: ${reason}`);
        if (this.node === node) this.killNode(false, RESTART_MS);
      },
      onError: (message) => this.#onError(name, message),
      onTrim: (thread_id, head) => this.reference.trimming(thread_id, head.base),
    });
    node.clock.wallOffsetMs = this.#wallOffsetMs;
    this.node = node;
  }

  /** SIGKILL; a new process starts after `downMs`. */
  killNode(silently: boolean, downMs: number): void {
    if (!this.node || this.node.state === 'ended') return;
    this.checker.note(() => `the node is killed${silently ? ', its machine with it' : ''}`);
    this.node.kill(silently);
    this.disk.crash();
    this.owners.allGone();
    this.#planStart(downMs);
  }

  /** SIGTERM; a new process starts `downMs` after the end. */
  stopNode(drainMs: number, downMs: number): void {
    const { node } = this;
    if (node?.state !== 'listening') return;
    this.checker.note(() => 'the node is asked to stop');
    const startedAt = this.scheduler.now;
    const isFast = () =>
      this.disk.pace.flushMs <= FAST_FLUSH_MS && !this.disk.busy && this.reads.slowMs === 0;
    const wasFast = isFast();
    const { slowFlushes } = this.disk;
    node.stop(drainMs).then(
      () => {
        if (this.node !== node) return;
        const ms = this.scheduler.now - startedAt;
        this.checker.expect(
          ms <= STOP_MS || !wasFast || !isFast() || this.disk.slowFlushes > slowFlushes,
          'liveness',
          () => `a stop took ${ms} ms`,
        );
        this.checker.note(() => 'the node has stopped');
        this.checker.expect(node.clock.pending === 0, 'I12', () => {
          return `a process that has stopped leaves ${node.clock.pending} timers`;
        });
        this.owners.allGone();
        this.#planStart(downMs);
      },
      (error: unknown) => this.checker.violate('I11', `stopping failed: ${String(error)}`),
    );
  }

  moveClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
    if (this.node) this.node.clock.wallOffsetMs = this.#wallOffsetMs;
  }

  /** Copies the disk, as soon as it is quiet. */
  backup(): void {
    if (!this.disk.quiet) {
      this.scheduler.after(1, () => this.backup());
      return;
    }
    const [disk, reference] = [this.disk.backup(), this.reference.backup()];
    const takenAt = this.scheduler.now;
    this.#putBack = () => {
      disk();
      reference();
      for (const { page } of this.clients.tabs) page.onRestored(takenAt, this.#nodes);
    };
  }

  /** Restores the newest back-up: later data is lost. */
  restore(downMs: number): void {
    if (!this.#putBack) return;
    this.killNode(false, downMs);
    this.#putBack();
    this.owners.forget();
    this.#storeWatch.restored();
  }

  #planStart(downMs: number): void {
    this.#downUntil = this.scheduler.now + downMs;
    this.scheduler.after(downMs, () => this.startNode());
  }

  async #authorize(client: string, token: string | undefined): Promise<AuthorizeAnswer> {
    if (this.authorizing === 'outage') throw new Error('The user database does not answer');
    const clock = this.node?.clock;
    if (this.authorizing === 'slow' && clock) {
      await clock.sleep(this.random.between(1, 400));
    }
    if (this.permissions.isRevoked(client)) return false;
    // A page's token is the time at which it was issued; v1 knows no tokens.
    return token === undefined || Number(token) >= this.tokensFrom || { denied: 'expired' };
  }

  /** A failed handler is a bug; a failed store or `authorize` is an injected fault. */
  #onError(name: string, message: string): void {
    this.checker.note(() => `${name} logs: ${message}`);
    const expected = /EIO|user database|ERR_STORE_FAILED|write to the store failed/.test(message);
    this.checker.expect(expected || /model is out of order/.test(message), 'I11', () => message);
  }
}

const pingIntervalOf = ({ pings }: Scenario): number => (pings ? PING_INTERVAL_MS : NEVER_MS);

function settingsOf(scenario: Scenario): SessionSettings {
  const { window, frame, idle, retentionEvents, sessionTtlMs, connectionWindowBytes } = scenario;
  return {
    ...DEFAULT_SETTINGS,
    pingIntervalMs: pingIntervalOf(scenario),
    sessionTtlMs,
    idleAfterMs: idle.askMs,
    expireAfterMs: idle.expireMs,
    tombstoneTtlMs: 5_000,
    sweepIntervalMs: 800,
    window,
    connectionWindowBytes,
    maxFrameBytes: frame.bytes,
    maxFrameEvents: frame.events,
    retention: retentionEvents === null ? {} : { maxEvents: retentionEvents },
  };
}
