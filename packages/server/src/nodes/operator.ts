/** What an operator may do to one session, on whichever node carries it. */

import { operatorExpiry } from '@session-monitor/protocol/rules';
import type { ServerDeps } from '../server-deps.js';
import { endSession } from '../sessions/disconnect-handler.js';
import { askClient } from '../sessions/idle-watch.js';
import type { Registry } from '../sessions/registry.js';
import { nameOf, type Session } from '../sessions/session.js';
import { isoTime } from '../util/iso-time.js';
import type { Membership } from './membership.js';
import type { NodeQuery } from './node-rpc.js';

const ABOUT = 'operate';

export type SessionOperation = 'ping' | 'disconnect' | 'expire';

interface OperationQuery extends NodeQuery {
  readonly operation: SessionOperation;
  readonly session_id: string;
}

/** What has become of it. */
export type OperationOutcome =
  | { readonly outcome: 'done' }
  /** It is there, and on no connection of a node that answers. */
  | { readonly outcome: 'not_connected'; readonly unreachable: readonly string[] }
  | { readonly outcome: 'unknown' };

export interface OperatorDeps
  extends Pick<ServerDeps, 'clock' | 'trace' | 'store' | 'settings' | 'node'> {
  readonly registry: Registry;
  readonly membership: Membership | undefined;
}

export class Operator {
  readonly #deps: OperatorDeps;

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
    deps.membership?.rpc.onCall(ABOUT, (query) => this.#here(query as OperationQuery));
  }

  /** @param session_id as lists show it: in v1 that of the session's socket */
  async operate(operation: SessionOperation, session_id: string): Promise<OperationOutcome> {
    const query: OperationQuery = { about: ABOUT, operation, session_id };
    if (await this.#here(query)) return { outcome: 'done' };
    const { membership } = this.#deps;
    const others = membership?.others ?? [];
    const answers = await Promise.all(others.map((node) => membership?.rpc.call(node, query)));
    if (answers.includes(true)) return { outcome: 'done' };
    const record = await this.#deps.store.sessions.get(session_id);
    if (!record || record.state === 'expired') return { outcome: 'unknown' };
    if (operation === 'expire' && record.state === 'disconnected') {
      return (await this.#expireRecord(session_id)) ? { outcome: 'done' } : { outcome: 'unknown' };
    }
    const unreachable = others.filter((_, index) => answers[index] === undefined);
    return { outcome: 'not_connected', unreachable };
  }

  /** Resolves with whether the session is on a connection of this node. */
  async #here({ operation, session_id }: OperationQuery): Promise<boolean> {
    const session = this.#find(session_id);
    if (!session) return false;
    const { registry, clock } = this.#deps;
    if (operation === 'ping') askClient(this.#deps, session);
    // Its client comes back by itself.
    else if (operation === 'disconnect') session.peer.drop();
    else await registry.expire(session, operatorExpiry(isoTime(clock.wall())));
    return true;
  }

  #find(name: string): Session | undefined {
    const { registry } = this.#deps;
    const known = registry.get(name);
    if (known) return known;
    for (const session of registry.connected()) {
      if (session.record.dialect === 1 && nameOf(session) === name) return session;
    }
    return undefined;
  }

  /** Its client learns why when it comes back. It may have come back, or left again, meanwhile. */
  async #expireRecord(session_id: string): Promise<boolean> {
    const { store, clock, settings, trace } = this.#deps;
    const record = await store.sessions.get(session_id);
    if (record?.state !== 'disconnected') return false;
    const wall = clock.wall();
    const expiry = operatorExpiry(isoTime(wall));
    const hasEnded = await endSession(store.sessions, record, expiry, wall, settings);
    const { thread_id, since } = record;
    if (hasEnded) {
      const away_ms = Math.round(wall - since);
      trace('expire', { session_id, thread_id, reason: expiry.reason, away_ms });
    }
    return hasEnded;
  }
}
