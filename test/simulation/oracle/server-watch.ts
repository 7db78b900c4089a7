/** Checks all packets at the server's end of the sockets. */

import { isDenial } from '../../../packages/protocol/src/faults.js';
import type {
  LeaveSession,
  Ping,
  Pong,
  Receipt,
  Refusal,
  RegisterSession,
  SessionExpired,
  ThreadAck,
  ThreadEvents,
} from '../../../packages/protocol/src/messages.js';
import { CLIENT_EVENTS, SERVER_EVENTS } from '../../../packages/protocol/src/names.js';
import type { ServerSocket, SocketWatch } from '../server/server-socket.js';
import type { SimNode } from '../server/sim-node.js';
import type { Scheduler } from '../time/scheduler.js';
import type { Checker } from './checker.js';
import type { DeliveryChecker } from './delivery-checker.js';
import type { Owners } from './owners.js';
import type { Permissions } from './permissions.js';
import type { ReferenceLog } from './reference-log.js';
import type { View } from './view.js';

/** A generation of a session. A restored store counts some of them again, on another node. */
type Attachment = Pick<Receipt, 'session_id' | 'generation' | 'node'>;

export interface ServerWatchDeps {
  readonly scheduler: Scheduler;
  readonly checker: Checker;
  readonly reference: ReferenceLog;
  readonly deliveries: DeliveryChecker;
  readonly owners: Owners;
  readonly permissions: Permissions;
  /**
   * The view of the app to which a node has granted a session under a generation. More than one if the node has counted a
   * generation again, because a failover had lost it.
   */
  readonly viewsOf: (attachment: Attachment) => readonly View[];
  /** Whether a page has acknowledged more of a session's events than it got: I5 does not apply to it. */
  readonly isClaimed: (session_id: string) => boolean;
  /** When the grant of a token ends, by the clock on the wall; undefined for never. */
  readonly grantEnd: (token: string | undefined) => number | undefined;
  /** No process is frozen and no clock is set: either ends a grant late. */
  readonly isSteady: boolean;
  /** The process of a socket. */
  readonly nodeOf: (socket: ServerSocket) => SimNode | undefined;
}

/** What is served so long after the end of a grant is too late. */
const LATE_MS = 1_000;

export class ServerWatch implements SocketWatch {
  readonly #deps: ServerWatchDeps;
  /** When the server last sent each socket a `system_ping`. */
  readonly #systemPings = new WeakMap<ServerSocket, number>();
  /** When each session last sent a packet to a node. */
  readonly #heard = new Map<string, number>();
  /** The session's generation before the server handles the current goodbye. */
  #before: number | undefined;
  /** When each registration or resume arrived, by its payload. */
  readonly #askedAt = new WeakMap<object, number>();
  /** When the grant of each socket's sessions ends, by their ids. */
  readonly #grantEnds = new Map<string, number | undefined>();

  constructor(deps: ServerWatchDeps) {
    this.#deps = deps;
  }

  arrived(socket: ServerSocket, event: string, payload: unknown): void {
    const { scheduler, deliveries, owners, checker } = this.#deps;
    checker.note(() => `   ${socket.id.slice(0, 12)} <- ${event} ${brief(payload)}`);
    switch (event) {
      case CLIENT_EVENTS.registerSession:
      case CLIENT_EVENTS.threadResume:
        this.#askedAt.set(payload as object, scheduler.now);
        return;
      case CLIENT_EVENTS.threadAck:
      case CLIENT_EVENTS.ping: {
        const ack = payload as ThreadAck;
        if (ack.session_id === undefined) return;
        deliveries.acknowledged(socket, ack);
        this.#heard.set(`${socket.node} ${ack.session_id}`, scheduler.now);
        owners.heard(socket, ack.session_id, ack.generation, scheduler.now);
        return;
      }
      case CLIENT_EVENTS.leaveSession:
        this.#left(socket, payload as LeaveSession);
        this.#before = this.#generationOf(socket, payload as LeaveSession);
    }
  }

  handled(socket: ServerSocket, event: string, payload: unknown): void {
    if (event === CLIENT_EVENTS.leaveSession) this.#checkLeft(socket, payload as LeaveSession);
    if (event !== CLIENT_EVENTS.threadAck && event !== CLIENT_EVENTS.ping) return;
    const { session_id } = payload as Ping;
    const session = this.#deps.nodeOf(socket)?.sessions?.internals.registry.get(session_id);
    if (session?.peer.id !== socket.id) return;
    const { epoch, acknowledged, sent } = session.pump;
    const reached = this.#deps.viewsOf(session.record).map((view) => view.reached(epoch));
    const floor = this.#deps.deliveries.floor(socket, session_id) ?? 0;
    const has = Math.max(floor, ...reached);
    const { checker } = this.#deps;
    checker.expect(acknowledged <= has || this.#deps.isClaimed(session_id), 'I5', () => {
      return `the server counts ${epoch}.${acknowledged} as received, the app has ${has}`;
    });
    checker.expect(acknowledged <= sent, 'I5', () => `${acknowledged} acknowledged, ${sent} sent`);
  }

  answered(socket: ServerSocket, event: string, payload: unknown, answer: unknown): void {
    const { scheduler, deliveries, owners, permissions, checker } = this.#deps;
    checker.note(() => `   ${socket.id.slice(0, 12)} -> ${event} answered ${brief(answer)}`);
    if (event === CLIENT_EVENTS.ping) this.#checkPong(answer as Pong);
    if (event !== CLIENT_EVENTS.registerSession && event !== CLIENT_EVENTS.threadResume) return;
    const receipt = answer as Receipt | Refusal;
    if (!receipt.ok) this.#refused(socket, payload as RegisterSession, receipt);
    if (!receipt.ok || receipt.protocol !== 2) return;
    const askedAt = this.#askedAt.get(payload as object) ?? scheduler.now;
    checker.expect(permissions.had(clientOf(socket), askedAt), 'I10', () => {
      return `${event} of ${clientOf(socket)} was granted after its right was revoked`;
    });
    deliveries.begin(socket, receipt);
    if (event === CLIENT_EVENTS.threadResume) return;
    this.#endFormer(socket, receipt.session_id);
    const { token } = payload as RegisterSession;
    const key = `${socket.id} ${receipt.session_id}`;
    this.#grantEnds.set(key, this.#deps.grantEnd(token));
    owners.granted(socket, payload as RegisterSession, receipt, askedAt, scheduler.now);
  }

  /** From its refusal on the server must send nothing more to a session. */
  #refused(socket: ServerSocket, { session_id }: RegisterSession, { error }: Refusal): void {
    if (!isDenial(error.code) || session_id === undefined) return;
    this.#deps.deliveries.refused(socket, session_id);
    this.#deps.owners.ended(session_id);
  }

  wants(packet: string): boolean {
    return this.#deps.checker.writesDown || WATCHED.test(packet);
  }

  leaves(socket: ServerSocket, event: string, payload: unknown): void {
    const { scheduler, deliveries, owners, checker } = this.#deps;
    checker.note(() => `   ${socket.id.slice(0, 12)} -> ${event} ${brief(payload)}`);
    if (event === SERVER_EVENTS.threadEvents) {
      const session_ids = deliveries.leaves(socket, payload as ThreadEvents);
      owners.checkFrame(socket, session_ids);
      this.#checkRights(socket, session_ids);
    } else if (event === SERVER_EVENTS.systemPing) {
      this.#systemPings.set(socket, scheduler.now);
    } else if (event === SERVER_EVENTS.sessionExpired) {
      const { session_id, reason } = payload as SessionExpired;
      const askedAt = this.#systemPings.get(socket) ?? Number.NEGATIVE_INFINITY;
      const mayExpire =
        reason !== 'idle' || askedAt > (this.#heard.get(`${socket.node} ${session_id}`) ?? 0);
      checker.expect(mayExpire, 'I6', () => `${session_id} expired without a system_ping`);
      owners.ended(session_id);
      deliveries.end(socket, session_id);
    }
  }

  /** A session whose grant has ended has no owner any more. */
  #endFormer(socket: ServerSocket, session_id: string): void {
    const { owners, nodeOf, isSteady } = this.#deps;
    const former = owners.socketOf(session_id);
    const end = former && this.#grantEnds.get(`${former.id} ${session_id}`);
    const wall = nodeOf(socket)?.clock.wall() ?? 0;
    if (end !== undefined && (wall >= end || !isSteady)) owners.ended(session_id);
  }

  #checkRights(socket: ServerSocket, session_ids: readonly string[]): void {
    const { permissions, checker, nodeOf, isSteady } = this.#deps;
    const client = clientOf(socket);
    checker.expect(!permissions.hasEnded(client), 'I10', () => {
      return `a frame left for ${client} after its rights had ended`;
    });
    if (!isSteady) return;
    const wall = nodeOf(socket)?.clock.wall() ?? 0;
    const ends = session_ids.map((id) => this.#grantEnds.get(`${socket.id} ${id}`));
    const isServed = ends.length === 0 || ends.some((end) => wall <= (end ?? wall) + LATE_MS);
    checker.expect(isServed, 'I10', () => `a frame left for ${client} after its grant had ended`);
  }

  /** After a goodbye of an earlier generation the newest one must still be there. */
  #checkLeft(socket: ServerSocket, message: LeaveSession): void {
    const isNewer = this.#before !== undefined && this.#before > message.generation;
    const isThere = this.#generationOf(socket, message) !== undefined;
    this.#deps.checker.expect(!isNewer || isThere, 'I6', () => {
      return `a goodbye of generation ${message.generation} ended ${this.#before}`;
    });
  }

  #generationOf(socket: ServerSocket, { session_id }: LeaveSession): number | undefined {
    const { registry } = this.#deps.nodeOf(socket)?.sessions?.internals ?? {};
    return registry?.get(session_id)?.record.generation;
  }

  #left(socket: ServerSocket, { session_id, generation }: LeaveSession): void {
    this.#deps.owners.left(socket, session_id, generation);
    this.#deps.deliveries.end(socket, session_id, generation);
  }

  #checkPong({ epoch, head }: Pong): void {
    const { reference, checker } = this.#deps;
    const log = epoch === undefined ? undefined : reference.logOf(epoch);
    if (!log || log.lost) return;
    const end = log.head?.offset ?? log.base;
    checker.expect(head <= end, 'I1', () => `a pong reports ${head}, durable is ${end}`);
  }
}

const WATCHED = new RegExp(
  `^2\\["(${[SERVER_EVENTS.threadEvents, SERVER_EVENTS.systemPing, SERVER_EVENTS.sessionExpired].join('|')})"`,
);

const clientOf = ({ handshake }: ServerSocket): string => String(handshake.auth.client);

const brief = (payload: unknown): string => JSON.stringify(payload)?.slice(0, 300) ?? '';
