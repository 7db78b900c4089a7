/** Ends what a user, a session or a thread's readers are served, on every node of the store. */

import type { Revocation } from '@session-monitor/protocol';
import type { OpenStreams } from '../access/open-streams.js';
import { concerns, type Revocations } from '../access/revocations.js';
import type { Trace } from '../observe/trace.js';
import type { Registry } from '../sessions/registry.js';
import type { Store } from '../stores/store.js';
import type { Membership } from './membership.js';
import type { NodeQuery } from './node-rpc.js';

const ABOUT = 'revocation';
/** A node that reconnects to Redis at this moment misses a message. */
const TRIES = 5;

interface RevocationQuery extends NodeQuery {
  readonly revocation: Revocation;
}

/** What a revocation has ended. */
export interface RevocationOutcome {
  /** Sessions that were on a connection. */
  readonly sessions: number;
  /** Streams over HTTP. */
  readonly streams: number;
  /** Nodes that live and did not answer: what they serve may go on. Revoke again. */
  readonly unreachable: readonly string[];
}

type Ended = Pick<RevocationOutcome, 'sessions' | 'streams'>;

export interface RevokerDeps {
  readonly node: string;
  readonly store: Pick<Store, 'sessions' | 'nodes'>;
  readonly registry: Registry;
  readonly streams: OpenStreams;
  readonly revocations: Revocations;
  readonly membership: Membership | undefined;
  readonly trace: Trace;
}

export class Revoker {
  readonly #deps: RevokerDeps;
  readonly #underWay = new Set<Promise<unknown>>();
  #stopped = false;

  constructor(deps: RevokerDeps) {
    this.#deps = deps;
    deps.membership?.rpc.onCall(ABOUT, (query) =>
      this.#endHere((query as RevocationQuery).revocation),
    );
  }

  revoke(revocation: Revocation): Promise<RevocationOutcome> {
    const revoked = this.#revoke(revocation).finally(() => this.#underWay.delete(revoked));
    this.#underWay.add(revoked);
    return revoked;
  }

  /** Asks no node again, and resolves when no revocation is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#underWay);
  }

  async #revoke(revocation: Revocation): Promise<RevocationOutcome> {
    const here = this.#endHere(revocation);
    const others = await this.#others();
    const answers = await Promise.all(others.map((node) => this.#endOn(node, revocation)));
    const ended = [here, ...answers.filter((each) => each !== undefined)];
    if ('session_id' in revocation) await this.#forget(revocation.session_id);
    const outcome = {
      sessions: ended.reduce((sum, { sessions }) => sum + sessions, 0),
      streams: ended.reduce((sum, { streams }) => sum + streams, 0),
      unreachable: others.filter((_, index) => answers[index] === undefined),
    };
    const { sessions, streams } = outcome;
    this.#deps.trace('revoked', { ...revocation, sessions, streams });
    return outcome;
  }

  /** The other nodes, as the store has them now: one may have started since the newest beat. */
  async #others(): Promise<readonly string[]> {
    const { store, node } = this.#deps;
    const alive = (await store.nodes?.alive()) ?? [];
    return alive.filter((each) => each !== node);
  }

  async #endOn(node: string, revocation: Revocation): Promise<Ended | undefined> {
    const query: RevocationQuery = { about: ABOUT, revocation };
    for (let tries = 0; tries < TRIES && !this.#stopped; tries += 1) {
      const answer = await this.#deps.membership?.rpc.call(node, query);
      if (answer !== undefined) return answer as Ended;
    }
    return undefined;
  }

  #endHere(revocation: Revocation): Ended {
    const { registry, streams, revocations } = this.#deps;
    // First: what is granted from now on was asked about before.
    revocations.add(revocation);
    const sessions = registry.revoke((holder) => concerns(revocation, holder));
    return { sessions, streams: streams.revoke(revocation) };
  }

  /** Its secret is worth nothing from now on: a client that is authorised gets another session. */
  async #forget(session_id: string): Promise<void> {
    const { sessions } = this.#deps.store;
    await this.#deps.registry.settled();
    const record = await sessions.get(session_id);
    if (record) await sessions.remove(record);
  }
}
