/**
 * This node among the servers on one store. It says that it lives. The node with the leader lease looks for
 * nodes that have died, and cleans up what they have left: their sessions can be resumed, their runs are
 * ended.
 *
 *     beat ──► on the list? ──no──► given up in the meantime: our clients register anew
 *      ▲           │yes
 *      │      lost nodes, and our leader lease? ──yes──► their sessions, their runs, then they are forgotten
 *      └───────────┘
 */

import type { ThreadEphemeral } from '@session-monitor/protocol';
import type { Logger, Trace } from '../observe/trace.js';
import type { Runs } from '../runs/runs.js';
import type { OtherNodes } from '../sessions/registrar.js';
import type { Registry } from '../sessions/registry.js';
import type { NodeStore, SessionRecord } from '../stores/store.js';
import type { Cancel, Clock, Entropy } from '../util/clock.js';
import { asError } from '../util/errors.js';
import { NodeRpc, type RpcMessage } from './node-rpc.js';

/** A dead node is found within the time that it has left, one beat, and what it takes to look. */
export const BEAT_MS = 1_500;
const ALIVE_MS = 5_000;
const LEASE_MS = 5_000;

/** What nodes tell each other. */
type NodeMessage =
  | {
      readonly kind: 'moved';
      readonly session_id: string;
      readonly generation: number;
      readonly taken_over: boolean;
    }
  | RpcMessage;

export interface MembershipDeps {
  readonly node: string;
  readonly nodes: NodeStore;
  readonly registry: () => Registry;
  readonly runs: () => Runs;
  readonly clock: Clock;
  readonly entropy: Pick<Entropy, 'token'>;
  readonly trace: Trace;
  readonly logger: Logger;
}

export class Membership implements OtherNodes {
  readonly rpc: NodeRpc;
  readonly #deps: MembershipDeps;
  #alive: ReadonlySet<string> = new Set();
  #stopListening: (() => void) | undefined;
  #cancel: Cancel | undefined;
  #beating: Promise<void> | undefined;
  /** Since when every beat was heard, in monotonic milliseconds. */
  #heardSince: number | undefined;
  #entered = false;
  #stopped = false;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
    this.rpc = new NodeRpc(deps);
  }

  /** Enters the list. Never rejects: if the store does not answer, the next beat tries again. */
  async start(): Promise<void> {
    const { nodes, node } = this.#deps;
    this.#stopListening = nodes.listen(node, (text) => this.#receive(text));
    nodes.onEphemeral((_, text) => {
      this.#deps.registry().deliverEphemeral(JSON.parse(text) as ThreadEphemeral);
    });
    await this.#beat();
    this.#next();
  }

  /** Leaves the list: what this node had is in order. */
  async stop(): Promise<void> {
    const { nodes, node, logger } = this.#deps;
    this.#stopped = true;
    this.#cancel?.();
    await this.#beating;
    this.#stopListening?.();
    try {
      await nodes.forget(node);
    } catch (error) {
      logger.warn({ err: asError(error) }, 'Other nodes will find out that this one has stopped');
    }
  }

  isAlive(node: string): boolean {
    return node !== this.#deps.node && this.#alive.has(node);
  }

  /** The other nodes that live, as of the newest beat. */
  get others(): readonly string[] {
    return [...this.#alive].filter((node) => this.isAlive(node));
  }

  onMoved(former: SessionRecord, { session_id, generation }: SessionRecord, takenOver: boolean) {
    const { nodes, node, logger } = this.#deps;
    if (former.node === node) return;
    const message: NodeMessage = { kind: 'moved', session_id, generation, taken_over: takenOver };
    nodes.tell(former.node, JSON.stringify(message)).catch((error: unknown) => {
      logger.warn(
        { err: asError(error), session_id },
        'A node was not told of a session that moved',
      );
    });
  }

  publishEphemeral(ephemeral: ThreadEphemeral): void {
    const { nodes } = this.#deps;
    // Who is not reached is not reached: that is what ephemeral means.
    nodes.publishEphemeral(ephemeral.thread_id, JSON.stringify(ephemeral)).catch(() => {});
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as NodeMessage;
    // A later version may say what this one does not know.
    if (message.kind === 'moved') {
      this.#deps.registry().evict(message.session_id, message.generation, message.taken_over);
    } else if (message.kind === 'ask' || message.kind === 'answer') this.rpc.receive(message);
  }

  #next(): void {
    if (this.#stopped) return;
    this.#cancel = this.#deps.clock.after(BEAT_MS, () => {
      this.#beating = this.#beat().finally(() => this.#next());
    });
  }

  /** Never rejects: the next beat comes. */
  async #beat(): Promise<void> {
    const { nodes, node, logger, clock } = this.#deps;
    try {
      const known = await nodes.beat(node, ALIVE_MS);
      this.#alive = new Set(await nodes.alive());
      this.#heardSince ??= clock.now();
      if (!known && this.#entered) this.#beginAnew();
      this.#entered = true;
      await this.#lookForLost(this.#heardSince);
    } catch (error) {
      this.#heardSince = undefined;
      logger.error({ err: asError(error) }, 'The store does not hear that this node lives');
    }
  }

  /** Others have taken this node for dead, and its sessions for lost. */
  #beginAnew(): void {
    const { logger, registry } = this.#deps;
    logger.warn({}, 'This node was given up by the others; its clients are asked to come back');
    registry().dropAll();
  }

  async #lookForLost(heardSince: number): Promise<void> {
    const { nodes, node, clock } = this.#deps;
    // After an outage of the store nobody was heard for a while: the others get their time to speak first.
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
