/**
 * This node's membership among the servers on one store. It sends heartbeats. The node with the leader lease looks for
 * lost nodes and cleans up after them: their sessions can be resumed, their runs are ended.
 *
 *     beat ──► on the list? ──no──► declared lost meanwhile: our clients register again
 *      ▲           │yes
 *      │      lost nodes, and our leader lease? ──yes──► recover their sessions and runs, then forget the nodes
 *      └───────────┘
 */

import type { ThreadEphemeral } from '@session-monitor/protocol';
import type { Runs } from '../runs/runs.js';
import type { OtherNodes, RegistrarDeps } from '../sessions/registrar.js';
import type { Registry } from '../sessions/registry.js';
import type { NodeStore, SessionRecord } from '../stores/store.js';
import type { Cancel } from '../util/clock.js';
import { asError } from '../util/errors.js';
import { type NodeQuery, NodeRpc, type RpcMessage } from './node-rpc.js';

/** A dead node is found within ALIVE_MS, one beat and the time of the look-up. */
const BEAT_MS = 1_500;
const ALIVE_MS = 5_000;
const LEASE_MS = 5_000;
const MOVED = 'moved';
/** Messages are lost for seconds, while a node connects to Redis again. */
const MOVE_TRIES = 8;
const MOVE_ANSWER_MS = 1_000;

/** Messages between nodes. */
type NodeMessage = ({ readonly kind: 'moved' } & Move) | RpcMessage;

/** A session has moved to the node that tells it. */
interface Move {
  readonly session_id: string;
  readonly generation: number;
  readonly taken_over: boolean;
}

export interface MembershipDeps
  extends Pick<RegistrarDeps, 'node' | 'clock' | 'entropy' | 'trace' | 'logger'> {
  readonly nodes: NodeStore;
  readonly registry: () => Registry;
  readonly runs: () => Runs;
}

export class Membership implements OtherNodes {
  readonly rpc: NodeRpc;
  readonly #deps: MembershipDeps;
  #alive: ReadonlySet<string> = new Set();
  #stopListening: (() => void) | undefined;
  #cancel: Cancel | undefined;
  #beating: Promise<void> | undefined;
  /** Since when every beat has reached the store, in monotonic milliseconds. */
  #heardSince: number | undefined;
  #entered = false;
  /** Messages about moves so far. */
  #moves = 0;
  #stopped = false;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
    this.rpc = new NodeRpc(deps);
    this.rpc.onCall(MOVED, (move) => {
      this.#evict(move as NodeQuery & Move);
      return true;
    });
  }

  /** Joins the list of nodes. Never rejects: if the store does not answer, the next beat tries again. */
  async start(): Promise<void> {
    const { nodes, node } = this.#deps;
    this.#stopListening = nodes.listen(node, (text) => this.#receive(text));
    nodes.onEphemeral((_, text) => {
      this.#deps.registry().deliverEphemeral(JSON.parse(text) as ThreadEphemeral);
    });
    await this.#beat();
    this.#next();
  }

  /** Leaves the list of nodes. The caller has settled this node's sessions and runs. */
  async stop(): Promise<void> {
    const { nodes, node, logger } = this.#deps;
    this.#stopped = true;
    this.#cancel?.();
    await this.#beating;
    this.#stopListening?.();
    this.rpc.stop();
    try {
      await nodes.forget(node);
    } catch (error) {
      logger.warn({ err: asError(error) }, 'This node stays listed until its heartbeat expires');
    }
  }

  isAlive(node: string): boolean {
    return node !== this.#deps.node && this.#alive.has(node);
  }

  async recheck(node: string): Promise<void> {
    if (node === this.#deps.node || this.#alive.has(node)) return;
    this.#alive = new Set(await this.#deps.nodes.alive());
    // It may have started while Redis was away, or a failover has lost its heartbeat.
    // mutant: a-node-without-a-heartbeat-is-not-asked
    if (this.#alive.has(node) || !(await this.rpc.isThere(node))) return;
    this.#alive = new Set([...this.#alive, node]);
  }

  /** The other live nodes, as of the newest beat. */
  get others(): readonly string[] {
    return [...this.#alive].filter((node) => this.isAlive(node));
  }

  onMoved(former: SessionRecord, { session_id, generation }: SessionRecord, takenOver: boolean) {
    const { nodes, node, logger } = this.#deps;
    if (former.node === node) return;
    const move: Move = { session_id, generation, taken_over: takenOver };
    const message: NodeMessage = { kind: 'moved', ...move };
    nodes.tell(former.node, JSON.stringify(message)).catch((error: unknown) => {
      logger.warn(
        { err: asError(error), session_id },
        'The former node could not be notified that its session moved',
      );
    });
    void this.#confirm(former.node, move);
  }

  /** A message between nodes may be lost. A node that is gone, and one of an earlier version, does not answer. */
  async #confirm(node: string, move: Move): Promise<void> {
    const query = { about: MOVED, ...move };
    // mutant: a-lost-move-is-not-repeated
    for (let tried = 0; tried < MOVE_TRIES && !this.#stopped; tried += 1) {
      this.#moves += 1;
      const id = `${MOVED} ${this.#moves}`;
      if ((await this.rpc.call(node, query, MOVE_ANSWER_MS, id)) !== undefined) return;
    }
  }

  publishEphemeral(ephemeral: ThreadEphemeral): void {
    const { nodes } = this.#deps;
    // Ephemeral events are best effort: a failed publish is ignored.
    nodes.publishEphemeral(ephemeral.thread_id, JSON.stringify(ephemeral)).catch(() => {});
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as NodeMessage;
    // A node of a later version may send an unknown kind: ignore it.
    if (message.kind === 'moved') this.#evict(message);
    else if (message.kind === 'ask' || message.kind === 'answer') this.rpc.receive(message);
  }

  #evict({ session_id, generation, taken_over }: Move): void {
    this.#deps.registry().evict(session_id, generation, taken_over);
  }

  #next(): void {
    if (this.#stopped) return;
    this.#cancel = this.#deps.clock.after(BEAT_MS, () => {
      this.#beating = this.#beat().finally(() => this.#next());
    });
  }

  /** Never rejects: the next beat tries again. */
  async #beat(): Promise<void> {
    const { nodes, node, logger, clock } = this.#deps;
    try {
      const known = await nodes.beat(node, ALIVE_MS);
      this.#alive = new Set(await nodes.alive());
      this.#heardSince ??= clock.now();
      // mutant: a-node-that-was-declared-lost-goes-on
      if (!known && this.#entered) this.#beginAnew();
      this.#entered = true;
      await this.#lookForLost(this.#heardSince);
    } catch (error) {
      this.#heardSince = undefined;
      logger.error({ err: asError(error) }, 'A heartbeat failed; the next one tries again');
    }
  }

  /** The other nodes have declared this node and its sessions lost. */
  #beginAnew(): void {
    const { logger, registry } = this.#deps;
    logger.warn({}, 'The other nodes declared this node lost; its clients register again');
    registry().dropAll();
  }

  async #lookForLost(heardSince: number): Promise<void> {
    const { nodes, node, clock } = this.#deps;
    // After a store outage no node has a recent beat: give the others ALIVE_MS to send one.
    if (clock.now() - heardSince < ALIVE_MS) return;
    if (!(await nodes.tryAcquireLease('lost-nodes', node, LEASE_MS))) return;
    const lost = (await nodes.lost()).filter((each) => each !== node);
    if (lost.length > 0) await this.#putInOrder(new Set(lost));
  }

  async #putInOrder(lost: ReadonlySet<string>): Promise<void> {
    const { nodes, registry, runs, trace } = this.#deps;
    const sessions = await registry().recover(lost);
    const ended = await runs().recover(lost);
    for (const each of lost) {
      trace('node_lost', { lost: each, sessions, runs: ended });
      await nodes.forget(each);
    }
  }
}
