/** Looks at everything that passes at the server's end of the sockets. */

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
import type { Courses } from './courses.js';
import type { Court } from './court.js';
import type { Owners } from './owners.js';
import type { Rights } from './rights.js';
import type { Truth } from './truth.js';
import type { View } from './view.js';

/** A generation of a session. A store that was put back counts some of them again, on another node. */
export type Stay = Pick<Receipt, 'session_id' | 'generation' | 'node'>;

export interface ServerWatchParts {
  readonly scheduler: Scheduler;
  readonly court: Court;
  readonly truth: Truth;
  readonly courses: Courses;
  readonly owners: Owners;
  readonly rights: Rights;
  /** What the app has been given to which a node has granted a session under a generation. */
  readonly viewOf: (stay: Stay) => View | undefined;
  /** Whether a page has claimed to have more of a session's events than it was sent: what it has is its own business. */
  readonly isClaimed: (session_id: string) => boolean;
  readonly node: () => SimNode | undefined;
}

export class ServerWatch implements SocketWatch {
  readonly #parts: ServerWatchParts;
  /** When each socket was asked last whether somebody is there. */
  readonly #systemPings = new WeakMap<ServerSocket, number>();
  /** When each session was heard from last. */
  readonly #heard = new Map<string, number>();
  /** What was there of a session when the goodbye arrived that is being handled. */
  #before: number | undefined;
  /** When each registration or resume arrived, by its payload. */
  readonly #askedAt = new WeakMap<object, number>();

  constructor(parts: ServerWatchParts) {
    this.#parts = parts;
  }

  arrived(socket: ServerSocket, event: string, payload: unknown): void {
    const { scheduler, courses, owners, court } = this.#parts;
    court.note(() => `   ${socket.id.slice(0, 12)} <- ${event} ${brief(payload)}`);
    switch (event) {
      case CLIENT_EVENTS.registerSession:
      case CLIENT_EVENTS.threadResume:
        this.#askedAt.set(payload as object, scheduler.now);
        return;
      case CLIENT_EVENTS.threadAck:
      case CLIENT_EVENTS.ping: {
        const ack = payload as ThreadAck;
        if (ack.session_id === undefined) return;
        courses.acknowledged(socket, ack);
        this.#heard.set(ack.session_id, scheduler.now);
        owners.heard(socket, ack.session_id, ack.generation, scheduler.now);
        return;
      }
      case CLIENT_EVENTS.leaveSession:
        this.#left(socket, payload as LeaveSession);
        this.#before = this.#generationOf(payload as LeaveSession);
    }
  }

  handled(socket: ServerSocket, event: string, payload: unknown): void {
    if (event === CLIENT_EVENTS.leaveSession) this.#checkLeft(payload as LeaveSession);
    if (event !== CLIENT_EVENTS.threadAck && event !== CLIENT_EVENTS.ping) return;
    const { session_id } = payload as Ping;
    const session = this.#parts.node()?.sessions?.internals.registry.get(session_id);
    if (session?.peer.id !== socket.id) return;
    const { epoch, acknowledged, sent } = session.pump;
    const view = this.#parts.viewOf(session.record);
    const floor = this.#parts.courses.floor(socket, session_id) ?? 0;
    const has = Math.max(floor, view?.reached(epoch) ?? 0);
    const { court } = this.#parts;
    court.expect(acknowledged <= has || this.#parts.isClaimed(session_id), 'I5', () => {
      return `the server takes ${epoch}.${acknowledged} for received, the app has ${has}`;
    });
    court.expect(acknowledged <= sent, 'I5', () => `${acknowledged} acknowledged, ${sent} sent`);
  }

  answered(socket: ServerSocket, event: string, payload: unknown, answer: unknown): void {
    const { scheduler, courses, owners, rights, court } = this.#parts;
    court.note(() => `   ${socket.id.slice(0, 12)} -> ${event} answered ${brief(answer)}`);
    if (event === CLIENT_EVENTS.ping) this.#checkPong(answer as Pong);
    if (event !== CLIENT_EVENTS.registerSession && event !== CLIENT_EVENTS.threadResume) return;
    const receipt = answer as Receipt | Refusal;
    if (!receipt.ok) this.#refused(socket, payload as RegisterSession, receipt);
    if (!receipt.ok || receipt.protocol !== 2) return;
    const askedAt = this.#askedAt.get(payload as object) ?? scheduler.now;
    court.expect(rights.had(clientOf(socket), askedAt), 'I10', () => {
      return `${event} of ${clientOf(socket)} was granted, which has no right to it any more`;
    });
    courses.begin(socket, receipt);
    if (event === CLIENT_EVENTS.threadResume) return;
    owners.granted(socket, payload as RegisterSession, receipt, askedAt, scheduler.now);
  }

  /** Who is refused what it was granted before is sent nothing from here on. */
  #refused(socket: ServerSocket, { session_id }: RegisterSession, { error }: Refusal): void {
    if (!isDenial(error.code) || session_id === undefined) return;
    this.#parts.courses.refused(socket, session_id);
    this.#parts.owners.ended(session_id);
  }

  wants(packet: string): boolean {
    return this.#parts.court.writesDown || WATCHED.test(packet);
  }

  leaves(socket: ServerSocket, event: string, payload: unknown): void {
    const { scheduler, courses, owners, court } = this.#parts;
    court.note(() => `   ${socket.id.slice(0, 12)} -> ${event} ${brief(payload)}`);
    if (event === SERVER_EVENTS.threadEvents) {
      owners.checkFrame(socket, courses.leaves(socket, payload as ThreadEvents));
    } else if (event === SERVER_EVENTS.systemPing) {
      this.#systemPings.set(socket, scheduler.now);
    } else if (event === SERVER_EVENTS.sessionExpired) {
      const { session_id, reason } = payload as SessionExpired;
      const askedAt = this.#systemPings.get(socket) ?? Number.NEGATIVE_INFINITY;
      const mayExpire = reason !== 'idle' || askedAt > (this.#heard.get(session_id) ?? 0);
      court.expect(mayExpire, 'I6', () => `${session_id} expired, and nobody had asked for it`);
      owners.ended(session_id);
      courses.end(socket, session_id);
    }
  }

  /** A goodbye of an earlier stay has been handled, all in one go: the newest one is still there. */
  #checkLeft(message: LeaveSession): void {
    const isNewer = this.#before !== undefined && this.#before > message.generation;
    const isThere = this.#generationOf(message) !== undefined;
    this.#parts.court.expect(!isNewer || isThere, 'I6', () => {
      return `a goodbye of generation ${message.generation} ended ${this.#before}`;
    });
  }

  #generationOf({ session_id }: LeaveSession): number | undefined {
    const { registry } = this.#parts.node()?.sessions?.internals ?? {};
    return registry?.get(session_id)?.record.generation;
  }

  #left(socket: ServerSocket, { session_id, generation }: LeaveSession): void {
    this.#parts.owners.left(socket, session_id, generation);
    this.#parts.courses.end(socket, session_id, generation);
  }

  #checkPong({ epoch, head }: Pong): void {
    const { truth, court } = this.#parts;
    const log = epoch === undefined ? undefined : truth.logOf(epoch);
    if (!log || log.lost) return;
    const end = log.head?.offset ?? log.base;
    court.expect(head <= end, 'I1', () => `a pong tells of ${head}, durable is ${end}`);
  }
}

const WATCHED = new RegExp(
  `^2\\["(${[SERVER_EVENTS.threadEvents, SERVER_EVENTS.systemPing, SERVER_EVENTS.sessionExpired].join('|')})"`,
);

const clientOf = ({ handshake }: ServerSocket): string => String(handshake.auth.client);

const brief = (payload: unknown): string => JSON.stringify(payload)?.slice(0, 300) ?? '';
