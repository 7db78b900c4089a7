/** The owner of each session, by the receipts that have left (I6). */

import type { Receipt, RegisterSession } from '../../../packages/protocol/src/messages.js';
import type { SessionRecord } from '../../../packages/server/src/stores/store.js';
import type { ServerSocket } from '../server/server-socket.js';
import type { Checker } from './checker.js';

interface Owner {
  readonly instance: string;
  readonly socket: ServerSocket;
  readonly receipt: Receipt;
  generation: number;
  heardAt: number;
}

/** The first grant to a monitor, whether its receipt arrived or not. */
export interface FirstGrant {
  readonly receipt: Receipt;
  readonly at: number;
}

export class Owners {
  readonly #checker: Checker;
  readonly #aliveMs: number;
  readonly #shared: boolean;
  readonly #isLost: (node: string) => boolean;
  #mayClash = false;
  readonly #bySession = new Map<string, Owner>();
  /** The newest grant to each monitor in each session. */
  readonly #attachments = new Map<string, { readonly attempt: number; readonly ordinal: number }>();
  /** In which order sessions began, by the stored text of their secrets. A name that begins again has another salt. */
  readonly #order = new Map<string, number>();
  /** The place of the session of each grant in that order. */
  readonly #orderOf = new Map<string, number>();
  /** The first grant to each monitor. */
  readonly firstGrants = new Map<string, FirstGrant>();

  /**
   * @param aliveMs the session of an owner that was heard from within this time is not taken over
   * @param shared whether several nodes have sessions
   * @param isLost whether the other nodes cannot know that a process still runs
   */
  constructor(
    checker: Checker,
    aliveMs: number,
    shared: boolean,
    isLost: (node: string) => boolean,
  ) {
    this.#checker = checker;
    this.#isLost = isLost;
    this.#shared = shared;
    this.#aliveMs = aliveMs;
  }

  /** The session's record is removed: its name may begin again with any generation. */
  removed(session_id: string): void {
    this.#bySession.delete(session_id);
    this.#forgetAttempts(session_id);
    for (const [monitor, { receipt }] of this.firstGrants) {
      if (receipt.session_id === session_id) this.firstGrants.delete(monitor);
    }
  }

  /**
   * Attempts are counted while a session lasts, and for its last owner.
   *
   * @param instance keeps its attempts
   */
  #forgetAttempts(session_id: string, instance?: string): void {
    for (const attachment of this.#attachments.keys()) {
      const isKept = instance !== undefined && attachment.startsWith(instance);
      if (attachment.endsWith(session_id) && !isKept) this.#attachments.delete(attachment);
    }
  }

  /**
   * The sessions of a restored store know no later generations. Connections to other nodes may go on.
   *
   * @param lossy it has lost records that were confirmed: two nodes may grant one generation, and each overwrites the
   *   other's record (a limit)
   */
  forget(lossy: boolean): void {
    this.#mayClash ||= lossy && this.#shared;
    for (const owner of this.#bySession.values()) owner.generation = 0;
    this.#attachments.clear();
    this.firstGrants.clear();
  }

  /** A packet of the session has arrived. */
  heard(socket: ServerSocket, session_id: string, generation: number, now: number): void {
    const owner = this.#bySession.get(session_id);
    if (owner?.socket !== socket || owner.generation !== generation) return;
    // A former owner that has left is gone, whatever it still sends.
    if (owner.heardAt !== Number.NEGATIVE_INFINITY) owner.heardAt = now;
  }

  /** A process has ended: no owner has a connection to it any more. */
  nodeGone(node: string): void {
    for (const owner of this.#bySession.values()) {
      if (owner.socket.node === node) owner.heardAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** The socket that owns a session. */
  socketOf(session_id: string): ServerSocket | undefined {
    return this.#bySession.get(session_id)?.socket;
  }

  /** The owner leaves. */
  left(socket: ServerSocket, session_id: string, generation: number): void {
    const owner = this.#bySession.get(session_id);
    if (owner?.socket === socket && owner.generation === generation) this.ended(session_id);
  }

  /**
   * A record is written. With several nodes a session that is not connected there may be taken over: perhaps its node was
   * declared lost, and does not know that yet. One that has expired begins again, whatever a frozen node still grants.
   */
  stored(record: SessionRecord): void {
    const { session_id, generation, state, secret, position } = record;
    const order = this.#order.get(secret) ?? this.#order.size;
    this.#order.set(secret, order);
    if (state === 'connected') this.#orderOf.set(grantKey(record, position), order);
    if (!this.#shared || state === 'connected') return;
    if (this.#bySession.get(session_id)?.generation === generation) this.ended(session_id);
    if (state === 'expired') this.#forgetAttempts(session_id);
  }

  /** The session is over. */
  ended(session_id: string): void {
    const owner = this.#bySession.get(session_id);
    if (owner) owner.heardAt = Number.NEGATIVE_INFINITY;
  }

  /** Whether the session of a grant was begun before that of another one. */
  isOlder(receipt: Receipt, other: Receipt): boolean {
    const [order, otherOrder] = [receipt, other].map((each) =>
      this.#orderOf.get(grantKey(each, each.cursor)),
    );
    return order !== undefined && otherOrder !== undefined && order < otherOrder;
  }

  /**
   * A registration is granted.
   *
   * @param askedAt when it arrived: an owner that was alive then, and would still count as alive now, stays
   */
  granted(
    socket: ServerSocket,
    request: RegisterSession,
    receipt: Receipt,
    askedAt: number,
    now: number,
  ): void {
    const { instance, attempt, thread_id } = request;
    const { session_id, generation } = receipt;
    const former = this.#bySession.get(session_id);
    const isElsewhere = former && former.socket.node !== socket.node;
    // A frozen node had granted it before another node did, and its receipt leaves only now. If a failover has lost that
    // grant meanwhile, the other node has granted the same generation.
    const newest = former && (this.#mayClash ? former.generation : former.generation - 1);
    const isLate = newest !== undefined && generation <= newest;
    // Or the thread was erased meanwhile, and another session of this name begun.
    const isFormer = former !== undefined && this.isOlder(receipt, former.receipt);
    if (this.#shared && isElsewhere && (isLate || isFormer)) return;
    this.#checkOrder(`${instance} ${thread_id} ${session_id}`, attempt, socket);
    // A session's record remembers only the attempts of its last owner.
    if (former && former.instance !== instance) this.#forgetAttempts(session_id, instance);
    if (former) this.#checkSuccession(former, { instance, socket, generation }, askedAt, now);
    this.#bySession.set(session_id, { instance, socket, receipt, generation, heardAt: now });
    const key = `${instance} ${thread_id}`;
    if (!this.firstGrants.has(key)) this.firstGrants.set(key, { receipt, at: now });
  }

  /**
   * A monitor has one socket at a time: an older attempt, or one on an older socket, does not get the session back.
   * (If another monitor has that session by now, it may get a new one, which ends with the old socket.)
   */
  #checkOrder(attachment: string, attempt: number, { ordinal }: ServerSocket): void {
    const newest = this.#attachments.get(attachment);
    this.#attachments.set(attachment, { attempt, ordinal });
    if (!newest) return;
    this.#checker.expect(attempt >= newest.attempt && ordinal >= newest.ordinal, 'I6', () => {
      return `attempt ${attempt} of ${attachment} on socket ${ordinal} was granted after ${newest.attempt} on ${newest.ordinal}`;
    });
  }

  /** Whether a socket owns one of the sessions that a frame may be for. */
  checkFrame(socket: ServerSocket, session_ids: readonly string[]): void {
    if (session_ids.length === 0) return;
    const owns = session_ids.some((id) => {
      const owner = this.#bySession.get(id)?.socket;
      if (owner === socket) return true;
      // Another node learns a moment later that its session has moved, or was erased with the thread.
      return this.#shared && owner?.node !== socket.node;
    });
    this.#checker.expect(owns, 'I6', () => `a frame left for a former owner of ${session_ids}`);
  }

  #checkSuccession(
    former: Owner,
    next: Pick<Owner, 'instance' | 'socket' | 'generation'>,
    askedAt: number,
    now: number,
  ): void {
    const repeated = next.generation === former.generation && next.socket === former.socket;
    this.#checker.expect(repeated || next.generation > former.generation, 'I6', () => {
      return `generation ${next.generation} was granted after ${former.generation}`;
    });
    if (next.instance === former.instance || !former.socket.connected || this.#mayClash) return;
    if (this.#isLost(former.socket.node)) return;
    // An owner in between was gone before its receipt could leave.
    if (next.generation > former.generation + 1) return;
    // An owner that was heard from since may have been silent at the decision.
    if (former.heardAt > askedAt) return;
    const silentMs = now - former.heardAt;
    this.#checker.expect(silentMs >= this.#aliveMs, 'I6', () => {
      return `an owner heard from ${silentMs.toFixed(0)} ms ago was taken over`;
    });
  }
}

/** Names a grant by what its record and its receipt both have. */
const grantKey = (
  { session_id, generation, node }: Pick<Receipt, 'session_id' | 'generation' | 'node'>,
  cursor: string,
): string => `${session_id} ${generation} ${node} ${cursor}`;
