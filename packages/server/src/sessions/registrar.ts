/**
 * Registration: from a parsed, authorised request to a session on a connection.
 *
 *     find the records ─► decide (pure) ─► find the position ─► write the record ─► attach
 *            ▲                                                        │
 *            └──────────── another registration wrote it first ◄──────┘
 *
 * The store's compare-and-set on the generation decides between registrations that race; the newest
 * generation owns the session (I6).
 */

import {
  type Fault,
  type Receipt,
  type RegisterSession,
  type Result,
  refused,
  SERVER_EVENTS,
  type ThreadEphemeral,
  type ThreadResume,
} from '@session-monitor/protocol';
import {
  asGrant,
  beginningOf,
  decideRegistration,
  type GrantDecision,
  isOwnerAlive,
  type KnownSession,
  mayClaim,
  type Position,
  type RegistrationFacts,
  type RepeatDecision,
  staleFault,
  writeReceipt,
} from '@session-monitor/protocol/rules';
import type { Detail } from '../observe/session-trace/detail.js';
import type { ServerDeps } from '../server-deps.js';
import type { SessionRecord } from '../stores/store.js';
import { type Locatable, positionAt, positionSince } from '../threads/position-at.js';
import type { Pacer, PumpPosition } from '../threads/pump.js';
import type { ThreadLease, Threads } from '../threads/threads.js';
import type { Entropy } from '../util/clock.js';
import { isoTime } from '../util/iso-time.js';
import { type Considered, claimFacts, WatchedLog } from './considered.js';
import { deriveSessionId } from './identity.js';
import { newAttachment, openSession } from './open-session.js';
import type { Peer, Session } from './session.js';
import type { SessionIndex } from './session-index.js';
import {
  deriveSecret,
  digestInstance,
  isStoredSecret,
  keepDigest,
  SALT_BYTES,
  withInstanceDigests,
} from './stored-secret.js';

/** The other servers on the same store. */
export interface OtherNodes {
  /** Whether a node is one of the others, and alive. */
  isAlive(node: string): boolean;
  /** Asks again about a node that is not known to be alive: it may have started since the newest beat. */
  recheck(node: string): Promise<void>;
  /** This node has granted a session that another node may still carry. */
  onMoved(former: SessionRecord, record: SessionRecord, takenOver: boolean): void;
  /** Sends an ephemeral event to the thread's subscribers on the other nodes. */
  publishEphemeral(ephemeral: ThreadEphemeral): void;
}

/** For a single server. */
export const NO_OTHER_NODES: OtherNodes = {
  isAlive: () => false,
  recheck: async () => {},
  onMoved: () => {},
  publishEphemeral: () => {},
};

export interface RegistrarDeps extends ServerDeps {
  readonly others: OtherNodes;
  readonly threads: Threads;
  readonly entropy: Entropy;
  readonly pacer: Pacer;
  /** What is traced in detail. */
  readonly detail: Detail;
  /** The current path of the HTTP routes; undefined if they are not mounted. */
  readonly httpPath: () => string | undefined;
}

/** What was granted: send the receipt, then start, so that no frame overtakes it. */
export interface Grant {
  readonly receipt: Receipt;
  start(): void;
}

/** A registration in the registrar's hands. */
export interface Application {
  readonly peer: Peer;
  readonly request: RegisterSession;
  /** The user of the authorised caller. */
  readonly user_id: string | null;
  /** Returns the refusal of a new session. Asked once for each. */
  readonly mayCreate?: (() => Fault | undefined) | undefined;
}

/** An application with its instance as records have it. */
interface Applicant extends Application {
  readonly instance: string;
}

/** A session as it was written. */
interface MadeSession {
  readonly record: SessionRecord;
  readonly secret: string;
  /** The node that carried it before, if it was another one. */
  readonly former_node: string | undefined;
  /** What it was decided from. */
  readonly considered: () => Considered;
}

/** The records that a registration is about. Their instances are digests, also if an earlier version wrote them. */
interface Candidates {
  readonly presented?: SessionRecord;
  readonly own?: SessionRecord;
  /** The id that a new session would get. */
  readonly freshId: string;
}

/** How often a registration is decided, if others write the session in between. */
const MAX_ROUNDS = 5;

export class Registrar {
  readonly #deps: RegistrarDeps;
  readonly #sessionIndex: SessionIndex;

  constructor(deps: RegistrarDeps, sessionIndex: SessionIndex) {
    this.#deps = deps;
    this.#sessionIndex = sessionIndex;
  }

  async register(application: Application): Promise<Result<Grant>> {
    const { peer, request } = application;
    const applicant = { ...application, instance: digestInstance(request.instance) };
    const lease = await this.#deps.threads.acquire(request.thread_id);
    let kept = false;
    let isCounted = false;
    try {
      for (let round = 1; round <= MAX_ROUNDS; round += 1) {
        const candidates = await this.#candidates(applicant);
        await this.#recheckOwner(applicant, candidates);
        const facts = this.#factsOf(applicant, candidates);
        const decision = decideRegistration(facts);
        if (decision.kind === 'stale') {
          return refused(staleFault(request.attempt, decision.newest));
        }
        if (decision.kind === 'repeat') {
          const repeated = this.#repeat(peer, candidates, decision, facts);
          if (repeated) return { ok: true, value: repeated };
        }
        const granted = decision.kind === 'grant' ? decision : asGrant(decision);
        const refusal =
          granted.session === 'create' && !isCounted ? application.mayCreate?.() : undefined;
        if (refusal) return refused(refusal);
        isCounted ||= granted.session === 'create';
        const grant = await this.#grant(applicant, candidates, { ...granted, facts }, lease);
        if (!grant) continue;
        kept = true;
        return { ok: true, value: grant };
      }
      throw new Error(`Other registrations wrote the session ${MAX_ROUNDS} times in a row`);
    } finally {
      if (!kept) lease.release();
    }
  }

  /**
   * Moves a session's pump to another cursor. The caller has checked that it owns the session.
   *
   * @param secret the one of the session's newest receipt
   */
  async resume(session: Session, secret: string, request: ThreadResume): Promise<Grant> {
    const { divergenceCount } = session.log;
    const log = new WatchedLog(session.log);
    const found = await positionAt(log, request.cursor);
    const position = { ...found, divergenceCount };
    const { record, peer } = session;
    const granted = { outcome: 'resumed' } as const;
    const receipt = this.#receipt(record, secret, peer, session, position, granted);
    const { window } = this.#deps.settings;
    this.#traceFacts(session, () => log.facts(request, undefined, window));
    this.#traceReceipt('resume', receipt, session);
    return { receipt, start: () => session.pump.seek(position) };
  }

  async #candidates({ request, user_id, instance }: Applicant): Promise<Candidates> {
    const { thread_id, session_id, session_secret } = request;
    const claimed = session_id === undefined ? undefined : await this.#stored(session_id);
    const claim = { secret: session_secret ?? '', thread_id, user_id };
    // v1 knows no claims.
    const isTheirs = claimed?.dialect === 2 && mayClaim(claimed, claim, isStoredSecret);
    const presented = isTheirs ? claimed : undefined;
    for (let ordinal = 0; ; ordinal += 1) {
      const freshId = deriveSessionId(thread_id, user_id, request.instance, ordinal);
      const own = await this.#stored(freshId);
      // A session that another instance has taken over is not this instance's own any more.
      if (own && own.instance !== instance) continue;
      return { freshId, ...(presented && { presented }), ...(own && { own }) };
    }
  }

  async #stored(session_id: string): Promise<SessionRecord | undefined> {
    const record = await this.#deps.store.sessions.get(session_id);
    return record && withInstanceDigests(record);
  }

  /** Whether the node of another instance's session is alive decides whether that is taken over. */
  async #recheckOwner({ instance }: Applicant, { presented }: Candidates): Promise<void> {
    if (presented?.state !== 'connected' || presented.instance === instance) return;
    // mutant: a-node-that-has-just-started-counts-as-lost
    await this.#deps.others.recheck(presented.node);
  }

  #factsOf({ instance, request }: Applicant, { presented, own }: Candidates): RegistrationFacts {
    return {
      instance,
      attempt: request.attempt,
      claimed: request.session_id !== undefined,
      presented: presented && this.#known(presented),
      own: own && this.#known(own),
    };
  }

  #known(record: SessionRecord): KnownSession {
    const { instance, attempt, expiry, state, node } = record;
    const carried = this.#sessionIndex.get(record.session_id);
    // Another node may have granted it since, and the word of that be lost.
    // mutant: a-former-attachment-tells-whether-the-owner-is-alive
    const session = carried?.record.generation === record.generation ? carried : undefined;
    const { clock, settings, others } = this.#deps;
    const silentMs = session ? clock.now() - session.activity.lastAt : Number.POSITIVE_INFINITY;
    // Only the node that carries the session knows how long it has been silent.
    const elsewhere = !session && state === 'connected' && others.isAlive(node);
    // mutant: an-alive-owner-is-taken-over
    const alive = elsewhere || isOwnerAlive(silentMs, settings.pingIntervalMs);
    return { instance, attempt, alive, ...(expiry && { expiry }) };
  }

  /** The receipt as it was granted, and the pump back where it began; undefined if the receipt is gone. */
  #repeat(
    peer: Peer,
    candidates: Candidates,
    decision: RepeatDecision,
    facts: RegistrationFacts,
  ): Grant | undefined {
    const record = candidates[decision.session];
    const session = record && this.#sessionIndex.owned(peer, record.session_id);
    if (!session?.granted) return undefined;
    const { receipt } = session.granted;
    session.touch(this.#deps.clock.now());
    this.#traceFacts(session, () => claimFacts(facts));
    this.#traceReceipt('register', receipt, session, { repeated: true });
    const { epoch, from, cursor } = receipt;
    const position = { epoch, after: from - 1, cursor };
    return { receipt, start: () => session.pump.seek(position) };
  }

  /** Writes the session and attaches it; undefined if another registration wrote it first. */
  async #grant(
    applicant: Applicant,
    candidates: Candidates,
    decision: GrantDecision & { readonly facts: RegistrationFacts },
    lease: ThreadLease,
  ): Promise<Grant | undefined> {
    const { clock, entropy, node, store, others } = this.#deps;
    const { peer, request, user_id, instance } = applicant;
    const existing = decision.session === 'create' ? undefined : candidates[decision.session];
    const session_id = existing?.session_id ?? candidates.freshId;
    const secret = secretOf(session_id, request, candidates);
    const start = this.#startOf(instance, candidates);
    // The pump itself detects what the log loses from here on.
    const { divergenceCount } = lease.log;
    const log = new WatchedLog(lease.log);
    const position = { ...(await this.#position(request, log, start)), divergenceCount };
    const now = clock.wall();
    const record: SessionRecord = {
      session_id,
      dialect: 2,
      secret: keepDigest(existing?.secret, secret, () => entropy.token(SALT_BYTES)),
      thread_id: request.thread_id,
      user_id,
      instance,
      attempt: request.attempt,
      generation: (existing?.generation ?? 0) + 1,
      created_at: existing?.created_at ?? now,
      node,
      start: start ?? position.cursor,
      ...formerOf(existing, instance),
      position: position.cursor,
      stay: newAttachment(peer, now),
      state: 'connected',
      since: now,
      due_at: null,
    };
    // The session is in the store before its client gets the receipt.
    if (!(await store.sessions.put(record, existing))) return undefined;
    if (existing?.state === 'connected') others.onMoved(existing, record, decision.takesOver);
    if (decision.outcome === 'forked') this.#traceFork(request, record, peer);
    const former_node = existing?.node === node ? undefined : existing?.node;
    const { window } = this.#deps.settings;
    const considered = () => ({
      ...claimFacts(decision.facts),
      ...log.facts(request, start, window),
    });
    const made = { record, secret, former_node, considered };
    return this.#attach({ peer, request }, made, position, lease, decision);
  }

  /** Where this instance began, even if its session was taken over or has expired since. */
  #startOf(instance: string, { presented, own }: Candidates): string | undefined {
    const began = [presented, own].flatMap((record) =>
      record ? [record, ...(record.former ?? [])] : [],
    );
    return began.find((each) => each.instance === instance)?.start;
  }

  #attach(
    { peer, request: { token } }: Pick<Application, 'peer' | 'request'>,
    { record, secret, former_node, considered }: MadeSession,
    position: Position & PumpPosition,
    lease: ThreadLease,
    decision: GrantDecision,
  ): Grant {
    const { session_id, thread_id } = record;
    const former = this.#sessionIndex.get(session_id);
    if (former) {
      // The record may not know of it: a failover may have lost that grant.
      const isOther = former.record.instance !== record.instance;
      this.evict(former, isOther && former.peer !== peer, peer.id);
    }
    const link = peer.link(session_id, thread_id);
    const receipt = this.#receipt(record, secret, peer, lease, position, decision);
    const session = openSession(this.#deps, {
      record,
      peer,
      link,
      position,
      lease,
      granted: { receipt, token },
    });
    this.#sessionIndex.add(session);
    this.#traceFacts(session, considered);
    this.#traceReceipt('register', receipt, session, { former_node });
    return { receipt, start: () => session.pump.start() };
  }

  /** Ends the stay that a newer registration replaces, here or on another node. */
  evict(former: Session, takenOver: boolean, by = 'another node'): void {
    const { id: session_id, peer } = former;
    const { thread_id } = former.record;
    // mutant: the-evicted-attachment-goes-on
    this.#sessionIndex.remove(former);
    if (!takenOver) return;
    this.#deps.trace('taken_over', { session_id, thread_id, connection: peer.id, by });
    peer.notify(SERVER_EVENTS.sessionTakenOver, { session_id });
  }

  #position(
    request: RegisterSession,
    log: Locatable,
    start: string | undefined,
  ): Promise<Position> {
    const beginning = beginningOf(request, start);
    return 'cursor' in beginning
      ? positionAt(log, beginning.cursor)
      : positionSince(log, beginning.since, beginning.began);
  }

  #receipt(
    { session_id, generation, thread_id }: SessionRecord,
    session_secret: string,
    peer: Peer,
    { log }: Pick<ThreadLease, 'log'>,
    position: Position,
    granted: Pick<GrantDecision, 'outcome' | 'reason' | 'detail'>,
  ): Receipt {
    const { node, settings, clock, httpPath } = this.#deps;
    return writeReceipt({
      session_id,
      session_secret,
      generation,
      thread_id,
      node,
      transport: peer.transport,
      server_time: isoTime(clock.wall()),
      granted,
      position,
      head: log.head.offset,
      window: settings.window,
      ping_interval_ms: settings.pingIntervalMs,
      session_ttl_ms: settings.sessionTtlMs,
      http_path: httpPath(),
    });
  }

  #traceFork(
    { session_id: of }: RegisterSession,
    { session_id, thread_id }: SessionRecord,
    peer: Peer,
  ) {
    this.#deps.trace('fork', { session_id, thread_id, of, connection: peer.id });
  }

  /** Of what is watched only. */
  #traceFacts({ peer, record }: Session, considered: () => Considered): void {
    const { session_id, thread_id, user_id } = record;
    const ids = { session_id, thread_id, user_id, connection: peer.id };
    const { detail, trace } = this.#deps;
    if (detail.isOn && detail.covers(ids)) trace('considered', { ...ids, ...considered() });
  }

  #traceReceipt(
    step: 'register' | 'resume',
    receipt: Receipt,
    { peer, record: { user_id } }: Session,
    more: { readonly repeated?: boolean; readonly former_node?: string | undefined } = {},
  ): void {
    const { session_id, thread_id, generation, outcome, reason, from, replay } = receipt;
    const { id: connection, transport, address } = peer;
    const ids = { session_id, thread_id, user_id, address, connection, transport, generation };
    const gap = receipt.gap && { gap_from: receipt.gap.from, gap_to: receipt.gap.to };
    this.#deps.trace(step, { ...ids, outcome, reason, from, replay, ...gap, ...more });
  }
}

/** What the client presents from now on: what it has presented, or the secret of a session that its instance makes. */
const secretOf = (
  session_id: string,
  { instance, session_secret }: RegisterSession,
  { presented }: Candidates,
): string =>
  session_secret !== undefined && presented?.session_id === session_id
    ? session_secret
    : deriveSecret(session_id, instance);

/** This many copies of a tab may take a session over while the first one waits for its receipt. */
const MAX_FORMER = 4;

/** The starts of the session's former instances, which may not have had a receipt. */
function formerOf(
  existing: SessionRecord | undefined,
  instance: string,
): Pick<SessionRecord, 'former'> {
  if (!existing) return {};
  const { instance: last, start } = existing;
  const all = [{ instance: last, start }, ...(existing.former ?? [])];
  const former = all.filter((each) => each.instance !== instance).slice(0, MAX_FORMER);
  // mutant: a-taken-over-instance-starts-over
  return former.length > 0 ? { former } : {};
}
