/**
 * The logs that this node follows. Appends of other nodes wake this node over the log's channel. A wake-up is only
 * a hint and may be lost, so the node also reads every followed head every two seconds, and at once when Redis is
 * back.
 */

import type { Cancel, Clock } from '../../util/clock.js';
import { EventBatch } from '../event-batch.js';
import { Followers } from '../followers.js';
import type { AppendMark, HeadListener, ThreadHead } from '../store.js';
import type { RedisKeys } from './keys.js';
import { readMarks } from './marks.js';
import type { RedisClient } from './redis-client.js';
import { endsOf, fieldsOf, headOf, numberOf, plainHead, type ShownHead } from './replies.js';
import type { Command, ScriptArgs } from './script.js';
import type { RedisSubscriber } from './subscriber.js';

const LOOK_EVERY_MS = 2_000;
/** Marks an ephemeral event on the channel. No epoch begins like this. */
export const EPHEMERAL_MARK = '~';
/** Bounds one look to some milliseconds of Redis's time. */
const LOOKS_AT_A_TIME = 500;

interface Followed {
  /** The durable head that this node knows: the last one that it read or announced to followers. */
  known: ThreadHead | undefined;
  /** The epoch that this node knew before the present one. */
  formerEpoch?: string;
  readonly subscribed: Promise<boolean>;
  /** Messages on its channel arrive, as far as is known. */
  listening: boolean;
  readonly end: () => void;
  /** The appended offset at the last look, if it was not durable; 0 otherwise. */
  pending: number;
  looking: boolean;
  /** A message came during a look; look again. */
  again: boolean;
}

/** An advance as an append or a commit of this node has seen it. */
export interface Advance {
  readonly head: ThreadHead;
  /** The durable head before. */
  readonly before: { readonly offset: number; readonly tag: string };
  readonly knownAtRequest: ThreadHead | undefined;
  /** Whether the head that this node knew at the request is still in the log. */
  readonly holds: boolean;
  /** What was appended, if it begins right after `before`. */
  readonly batch?: EventBatch;
  /** Those of its appends. */
  readonly marks: readonly AppendMark[] | undefined;
}

export interface FollowedDeps {
  readonly keys: RedisKeys;
  readonly link: RedisClient;
  readonly subscriber: RedisSubscriber;
  readonly clock: Pick<Clock, 'after'>;
  /** This store's name in wake-ups, so that it ignores its own. */
  readonly origin: string;
  /** Called for an append whose node may be gone before confirming it. */
  readonly onPending: (log_id: string) => void;
  /** Called for a log that this node knows and that is not there any more. */
  readonly onGone: (log_id: string) => void;
}

export class FollowedLogs {
  readonly #deps: FollowedDeps;
  readonly #followers = new Followers();
  readonly #logs = new Map<string, Followed>();
  #cancel: Cancel | undefined;
  #closed = false;
  #looking: Promise<void> | undefined;
  #onEphemeral: ((log_id: string, message: string) => void) | undefined;

  constructor(deps: FollowedDeps) {
    this.#deps = deps;
    this.#lookLater();
    const onReady = () => this.#lookAtAll(true);
    deps.subscriber.onReady(onReady);
    deps.link.onReady(onReady);
  }

  follow(log_id: string, listener: HeadListener): () => void {
    const { keys, subscriber } = this.#deps;
    if (!this.#logs.has(log_id)) {
      const { subscribed, end } = subscriber.subscribe(keys.log(log_id).channel, (message) =>
        this.#hear(log_id, message),
      );
      const state = { known: undefined, pending: 0, looking: false, again: false };
      const followed: Followed = { ...state, listening: false, subscribed, end };
      this.#logs.set(log_id, followed);
      void subscribed.then((listening) => {
        followed.listening = listening;
      });
    }
    const unfollow = this.#followers.add(log_id, listener);
    return () => {
      unfollow();
      if (this.#followers.has(log_id)) return;
      this.#logs.get(log_id)?.end();
      this.#logs.delete(log_id);
    };
  }

  has(log_id: string): boolean {
    return this.#logs.has(log_id);
  }

  /** Whether a wake-up certainly reaches this node. */
  listens(log_id: string): boolean {
    const { listening = false } = this.#logs.get(log_id) ?? {};
    return listening && this.#deps.subscriber.listening;
  }

  /** Resolves when later appends will reach this node. */
  async subscribed(log_id: string): Promise<void> {
    await this.#logs.get(log_id)?.subscribed;
  }

  /** The known durable head. */
  head(log_id: string): ThreadHead | undefined {
    return this.#logs.get(log_id)?.known;
  }

  /**
   * Takes the head that a request has found.
   *
   * @param holds whether the head that was known at the request is still in the log
   */
  learn(
    log_id: string,
    knownAtRequest: ThreadHead | undefined,
    found: ThreadHead,
    holds: boolean,
  ): void {
    const followed = this.#logs.get(log_id);
    const known = followed?.known;
    if (!followed || !known) return;
    if (known === knownAtRequest) {
      const news = found.epoch !== known.epoch || found.offset > known.offset;
      if (!holds || news) this.#tell(log_id, followed, found, undefined, !holds);
    } else if (!holds && found.epoch === known.epoch) {
      // A head that arrived meanwhile may be of the lost events, too.
      this.#tell(log_id, followed, known, undefined, true);
      this.#look(log_id, followed);
    }
  }

  /** The previous incarnation, as far as this node knows it. */
  previousOf(log_id: string, epoch: string): Pick<ThreadHead, 'previous'> {
    const known = this.#logs.get(log_id)?.known;
    return known?.epoch === epoch && known.previous ? { previous: known.previous } : {};
  }

  /** Takes the head that an opening has found or made. Followers may have waited for the log to be there. */
  begin(log_id: string, head: ThreadHead): void {
    const followed = this.#logs.get(log_id);
    if (followed && !followed.known) this.#tell(log_id, followed, head);
  }

  /** @param listener called with the ephemeral events of other nodes */
  onEphemeral(listener: (log_id: string, message: string) => void): void {
    this.#onEphemeral = listener;
  }

  /** Takes an advance by this node itself. */
  advance(log_id: string, { head, before, knownAtRequest, holds, batch, marks }: Advance): void {
    const followed = this.#logs.get(log_id);
    if (!followed) return;
    const { known } = followed;
    if (known && known.epoch !== head.epoch) {
      this.#look(log_id, followed);
      return;
    }
    if (known && !holds) {
      this.#tell(log_id, followed, head, undefined, true);
      return;
    }
    if (known && head.offset <= known.offset) return;
    const follows = known?.offset === before.offset && known.tag === before.tag;
    // A head that arrived meanwhile may be of events that a failover has lost.
    if (known !== knownAtRequest && !follows) this.#look(log_id, followed);
    else if (follows) this.#tell(log_id, followed, head, batch, false, marks);
    else this.#tell(log_id, followed, head);
  }

  /** Takes the head of the log that this node has begun in the place of one that it has erased. */
  erased(log_id: string, knownAtRequest: ThreadHead | undefined, head: ThreadHead): void {
    const followed = this.#logs.get(log_id);
    if (!followed) return;
    if (followed.known === knownAtRequest) this.#tell(log_id, followed, head);
    // What arrived meanwhile may be of this log, of the erased one, or of a later one.
    else this.#look(log_id, followed);
  }

  /** Takes the head of the log that is in the place of the known one, which a failover has lost. */
  begunAgain(log_id: string, head: ThreadHead): void {
    const followed = this.#logs.get(log_id);
    // A repeated attempt may have begun it under the epoch of the lost one.
    const isSameEpoch = followed?.known?.epoch === head.epoch;
    if (followed) this.#tell(log_id, followed, head, undefined, isSameEpoch);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    for (const { end } of this.#logs.values()) end();
    this.#logs.clear();
  }

  #hear(log_id: string, message: string): void {
    const followed = this.#logs.get(log_id);
    if (!followed) return;
    if (message.startsWith(`${this.#deps.origin} `)) return;
    const ephemeralMark = message.indexOf(EPHEMERAL_MARK);
    if (ephemeralMark > 0 && message.indexOf(' ') === ephemeralMark - 1) {
      this.#onEphemeral?.(log_id, message.slice(ephemeralMark + EPHEMERAL_MARK.length));
      return;
    }
    const end = message.indexOf('\n');
    const head = end < 0 ? message : message.slice(0, end);
    const fields = head.split(' ');
    const [, epoch = '', before, beforeTag, offset, tag = '', at, bytes, lengths] = fields;
    const { known } = followed;
    if (known?.epoch === epoch && Number(offset) <= known.offset) return;
    const follows =
      known?.epoch === epoch && known.offset === Number(before) && known.tag === beforeTag;
    // mutant: redis-what-was-missed-is-skipped
    if (!follows) {
      this.#look(log_id, followed);
      return;
    }
    const batch =
      lengths === undefined
        ? undefined
        : new EventBatch({
            first: known.offset + 1,
            tag,
            at: Number(at),
            cumulativeBytes: Number(bytes),
            payload: message.slice(end + 1),
            ends: endsOf(lengths),
          });
    const marks = readMarks(fields);
    this.#tell(log_id, followed, { ...known, offset: Number(offset), tag }, batch, false, marks);
  }

  #look(log_id: string, followed: Followed): void {
    if (followed.looking) {
      followed.again = true;
      return;
    }
    followed.looking = true;
    void this.#lookAt([[log_id, followed]], false).finally(() => {
      followed.looking = false;
      if (!followed.again) return;
      followed.again = false;
      this.#look(log_id, followed);
    });
  }

  #lookLater(): void {
    // mutant: redis-a-lost-wake-up-is-not-missed
    this.#cancel = this.#deps.clock.after(LOOK_EVERY_MS, () => {
      this.#lookAtAll(false);
      this.#lookLater();
    });
  }

  /** @param wake notify all followers even without news, because their reads may have failed meanwhile */
  #lookAtAll(wake: boolean): void {
    if (this.#closed) return;
    this.#deps.subscriber.probe();
    if (this.#logs.size === 0 || !this.#deps.link.ready) return;
    if (this.#looking && !wake) return;
    const before = this.#looking ?? Promise.resolve();
    const looking = before.then(async () => {
      const all = [...this.#logs];
      for (let from = 0; from < all.length; from += LOOKS_AT_A_TIME) {
        await this.#lookAt(all.slice(from, from + LOOKS_AT_A_TIME), wake);
      }
    });
    this.#looking = looking;
    void looking.finally(() => {
      if (this.#looking === looking) this.#looking = undefined;
    });
  }

  /** Never rejects: a later look covers a log that cannot be read now. */
  async #lookAt(logs: readonly (readonly [string, Followed])[], wake: boolean): Promise<void> {
    const { keys, link } = this.#deps;
    const asked = logs.map(([, { known }]) => known);
    const commands = logs.map(([log_id]): Command => {
      const { head, log } = keys.log(log_id);
      return { script: 'look', keys: [head, log], args: knownHead(this.head(log_id)) };
    });
    const answers = await link.askAll(commands);
    answers.forEach((answer, index) => {
      const [log_id, followed] = logs[index] ?? [];
      if (answer.kind !== 'reply') return;
      if (log_id === undefined || !followed || this.#logs.get(log_id) !== followed) return;
      if (answer.reply === null) {
        // mutant: redis-a-log-that-is-gone-is-not-missed
        if (followed.known && followed.known === asked[index]) this.#deps.onGone(log_id);
        return;
      }
      // A head that arrived meanwhile is newer.
      if (followed.known !== asked[index]) {
        if (wake && followed.known) this.#tell(log_id, followed, followed.known);
        return;
      }
      const fields = fieldsOf(answer.reply);
      const holds = numberOf(fields.get('holds')) === 1;
      this.#onLook(log_id, followed, headOf(fields.get('head')), holds, wake);
    });
  }

  #onLook(
    log_id: string,
    followed: Followed,
    shown: ShownHead,
    holds: boolean,
    wake: boolean,
  ): void {
    const { known } = followed;
    const head = plainHead(shown);
    const news = head.epoch !== known?.epoch || head.offset !== known.offset;
    if (news || !holds || wake) this.#tell(log_id, followed, head, undefined, !holds);
    // The same unconfirmed offset at two looks: the node that appended it no longer confirms it.
    const stuck = shown.appended > shown.offset;
    // mutant: redis-an-append-of-a-lost-node-stays-unconfirmed
    if (stuck && followed.pending === shown.appended) this.#deps.onPending(log_id);
    followed.pending = stuck ? shown.appended : 0;
  }

  #tell(
    log_id: string,
    followed: Followed,
    head: ThreadHead,
    batch?: EventBatch,
    diverged = false,
    marks?: readonly AppendMark[],
  ): void {
    const { known, formerEpoch } = followed;
    followed.known = head;
    const isOther = known !== undefined && known.epoch !== head.epoch;
    if (isOther) followed.formerEpoch = known.epoch;
    // A failover may bring an erased log back, without its end.
    const isBack = isOther && head.epoch === formerEpoch;
    this.#followers.notify(log_id, head, batch, diverged || isBack, marks);
  }
}

/** A head as arguments of a script. */
export const knownHead = (known: ThreadHead | undefined): ScriptArgs =>
  known ? { known_epoch: known.epoch, known_offset: known.offset, known_tag: known.tag } : {};
