/** Logs on Redis. Every read is one script, so that its answer is consistent. */

import type { Retention } from '../../core/retention.js';
import type { Logger } from '../../observe/trace.js';
import type { Entropy } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import { CompactedBatch } from '../compacted-batch.js';
import type { EventsWanted } from '../event-batch.js';
import { isThreadLog } from '../log-ids.js';
import type {
  AppendOptions,
  AppendOutcome,
  CompactedRange,
  HeadListener,
  Location,
  LogStore,
  ReadLimits,
  ReadOutcome,
  ThreadHead,
  TrimOutcome,
} from '../store.js';
import { EPOCH_BYTES } from '../tags.js';
import { withCompactedRanges } from '../with-compacted-ranges.js';
import type { Confirmed, RedisAppends } from './appends.js';
import { type FollowedLogs, knownHead } from './followed.js';
import type { RedisTools } from './redis-client.js';
import {
  type Fields,
  fieldsOf,
  headOf,
  itemOf,
  listOf,
  numberOf,
  plainHead,
  textOf,
  textsOf,
} from './replies.js';
import type { ScriptArgs } from './script.js';
import type { RedisSubscriber } from './subscriber.js';
import type { EntryPlace, ThreadPlaces } from './thread-places.js';

export interface RedisLogsDeps extends RedisTools {
  readonly subscriber: RedisSubscriber;
  readonly followed: FollowedLogs;
  readonly appends: RedisAppends;
  readonly places: ThreadPlaces;
  readonly origin: string;
  readonly entropy: Pick<Entropy, 'token'>;
  readonly logger: Logger;
}

export class RedisLogs implements LogStore {
  readonly #deps: RedisLogsDeps;

  constructor(deps: RedisLogsDeps) {
    this.#deps = deps;
  }

  async open(log_id: string): Promise<ThreadHead> {
    const { followed } = this.#deps;
    // Subscribe before reading the head, so that no advance in between is lost.
    await followed.subscribed(log_id);
    const head = (await this.head(log_id)) ?? (await this.#create(log_id));
    followed.begin(log_id, head);
    return head;
  }

  async head(log_id: string): Promise<ThreadHead | undefined> {
    const { keys, reads } = this.#deps;
    const { head, log } = keys.log(log_id);
    const reply = await reads.ask({ script: 'look', keys: [head, log] });
    return reply === null ? undefined : plainHead(headOf(fieldsOf(reply).get('head')));
  }

  append(
    log_id: string,
    events: readonly string[],
    options?: AppendOptions,
  ): Promise<AppendOutcome> {
    return this.#deps.appends.append(log_id, events, options);
  }

  async read(
    log_id: string,
    after: number,
    { maxBytes, compacted, followed: isFollowed }: ReadLimits,
  ): Promise<ReadOutcome> {
    const { keys, reads, followed } = this.#deps;
    const { head, log, compactedRanges: rangesKey } = keys.log(log_id);
    const known = isFollowed ? followed.head(log_id) : undefined;
    const limits = { after, max_bytes: maxBytes, compacted };
    const args = { ...limits, ...this.#newLog(), ...knownHead(known) };
    const reply = await reads.ask({ script: 'read', keys: [head, log, rangesKey], args });
    const [shown, ...items] = listOf(reply);
    const found = plainHead(headOf(shown));
    // The events may be of another history than those that were read before.
    // mutant: redis-a-read-notices-no-loss
    if (!isHeld(fieldsOf(shown))) followed.learn(log_id, known, found, false);
    const batches = items.map(itemOf);
    if (!compacted) return { head: found, batches };
    // Redis has sent all candidates. Every store selects from them in the same way.
    const events = batches.filter((each) => !(each instanceof CompactedBatch));
    const sources = {
      compacted: batches.filter((each) => each instanceof CompactedBatch),
      eventsFrom: ({ from }: EventsWanted) =>
        events.slice(events.findIndex(({ last }) => last >= from)),
    };
    const from = Math.max(after, found.base) + 1;
    return { head: found, batches: withCompactedRanges(sources, from, found.offset, maxBytes) };
  }

  async locate(log_id: string, offset: number): Promise<Location> {
    const { followed } = this.#deps;
    const known = followed.head(log_id);
    const fields = await this.#locate(log_id, offset, known);
    const found = plainHead(headOf(fields.get('head')));
    const tag = textOf(fields.get('tag'));
    // mutant: redis-a-found-place-is-not-learned
    followed.learn(log_id, known, found, isHeld(fields));
    return tag === '' ? { head: found } : { head: found, tag };
  }

  async #locate(log_id: string, offset: number, known: ThreadHead | undefined): Promise<Fields> {
    const { keys, reads } = this.#deps;
    const { head, log } = keys.log(log_id);
    const args = { offset, ...this.#newLog(), ...knownHead(known) };
    const ask = async () =>
      fieldsOf(await reads.ask({ script: 'locate', keys: [head, log], args }));
    const fields = await ask();
    // A failover may have lost the mark that the offset is durable. Confirm it again before denying it.
    const { offset: durable, appended } = headOf(fields.get('head'));
    const isLost = offset > durable && offset <= appended;
    // mutant: redis-a-lost-mark-is-a-lost-event
    return isLost && (await this.confirm(log_id)) ? ask() : fields;
  }

  async compact(
    log_id: string,
    epoch: string,
    ranges: readonly CompactedRange[],
    seen: readonly Pick<ThreadHead, 'offset' | 'tag'>[] = [],
  ): Promise<void> {
    const { keys, writes } = this.#deps;
    const { head, log, compactedRanges: rangesKey } = keys.log(log_id);
    await writes.ask({
      script: 'compact',
      keys: [head, log, rangesKey],
      args: { epoch, heads: seen.length, ranges: ranges.length },
      parts: [
        ...seen.map(({ offset, tag }) => ({ offset, tag })),
        ...ranges.map(({ first, last, event }) => ({ first, last, event })),
      ],
    });
  }

  async trim(log_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome> {
    const { keys, writes, clock } = this.#deps;
    const { head, log, ids, compactedRanges } = keys.log(log_id);
    const { maxAgeMs, maxEvents, maxBytes } = retention;
    const now = clock.wall();
    const before = maxAgeMs === undefined ? undefined : now - maxAgeMs;
    const limits = { before, max_events: maxEvents, max_bytes: maxBytes, max_batches: maxBatches };
    const fields = fieldsOf(
      await writes.ask({
        script: 'trim',
        keys: [head, log, ids, compactedRanges],
        args: { ...limits, now },
      }),
    );
    return { base: numberOf(fields.get('base')), more: numberOf(fields.get('more')) === 1 };
  }

  async delete(log_id: string): Promise<ThreadHead> {
    const { keys, writes, origin, followed, places } = this.#deps;
    const { head, log, ids, compactedRanges, channel } = keys.log(log_id);
    const known = followed.head(log_id);
    const args = { ...this.#newLog(), channel, origin, listens: followed.listens(log_id) };
    const fields = fieldsOf(
      await writes.ask({ script: 'erase', keys: [head, log, ids, compactedRanges], args }),
    );
    await this.enter(log_id);
    if (isThreadLog(log_id)) await places.leave(log_id, textOf(fields.get('owners')));
    const erased = plainHead(headOf(fields.get('head')));
    followed.erased(log_id, known, erased);
    return erased;
  }

  async forget(log_id: string): Promise<void> {
    const { keys, writes } = this.#deps;
    const { head, log, ids, compactedRanges } = keys.log(log_id);
    await this.#unlist(log_id);
    await writes.ask({ script: 'forget', keys: [head, log, ids, compactedRanges] });
    await this.#leave(log_id);
  }

  async forgetIdle(log_id: string, wall: number): Promise<boolean> {
    const { keys, writes, followed, subscriber, places } = this.#deps;
    if (followed.has(log_id)) return false;
    await subscriber.settled();
    const { head, log, ids, compactedRanges, channel } = keys.log(log_id);
    const place = await this.#unlist(log_id);
    const reply = await writes.ask({
      script: 'forget-idle',
      keys: [head, log, ids, compactedRanges],
      args: { idle_since: wall, channel },
    });
    if (numberOf(reply) !== 1) {
      if (place) await places.enter(place);
      return false;
    }
    await this.#leave(log_id);
    return true;
  }

  takeChanged(limit: number): readonly string[] {
    return this.#deps.appends.changed.take(limit);
  }

  async threads(after: string, limit: number): Promise<readonly string[]> {
    const { keys, reads } = this.#deps;
    const from = after === '' ? '-' : `(${after}`;
    const args = [keys.threads, from, '+', 'LIMIT', 0, limit];
    return textsOf(await reads.ask({ name: 'ZRANGEBYLEX', args }));
  }

  follow(log_id: string, listener: HeadListener): () => void {
    return this.#deps.followed.follow(log_id, listener);
  }

  /** Enters a log where the clean-up looks for it. */
  async enter(log_id: string): Promise<void> {
    const { keys, writes } = this.#deps;
    await writes.ask({ name: 'ZADD', args: [keys.threads, 0, log_id] });
  }

  /**
   * Confirms an append whose node may be gone: waits for replicas and marks it as durable. Resolves with what is durable
   * then; with nothing if that failed.
   */
  async confirm(log_id: string): Promise<Confirmed | undefined> {
    const { keys, writes, origin, followed, logger } = this.#deps;
    const { head, log, channel } = keys.log(log_id);
    try {
      const touched = await writes.ask({ script: 'touch', keys: [head] });
      if (touched === null) return undefined;
      const appended = fieldsOf(touched);
      const position = {
        epoch: textOf(appended.get('epoch')),
        offset: numberOf(appended.get('offset')),
      };
      const args = {
        ...position,
        tag: textOf(appended.get('tag')),
        channel,
        // Another origin, so that this node receives the wake-up, too.
        origin: `${origin}+`,
        ...knownHead(followed.head(log_id)),
      };
      const reply = await writes.ask({ script: 'commit', keys: [head, log], args });
      return numberOf(reply) === 1 ? position : undefined;
    } catch (error) {
      logger.warn(
        { err: asError(error), thread_id: log_id },
        'An append could not be confirmed yet',
      );
      return undefined;
    }
  }

  /** A failover has lost a whole log: begins it again, so that its readers learn of the loss. Never rejects. */
  async beginAgain(log_id: string): Promise<void> {
    const { followed, logger } = this.#deps;
    try {
      followed.begunAgain(log_id, await this.#create(log_id));
    } catch (error) {
      logger.warn({ err: asError(error), thread_id: log_id }, 'A lost log is begun again later');
    }
  }

  /**
   * Removes a thread from the list before its log, which holds the owner, is removed. Resolves with the former place.
   * If a crash interrupts the removal, the clean-up enters the thread again.
   */
  async #unlist(log_id: string): Promise<EntryPlace | undefined> {
    const { places } = this.#deps;
    if (!isThreadLog(log_id)) return undefined;
    const { place } = await places.look(log_id);
    if (place) await places.remove(log_id, place.owner);
    return place;
  }

  async #create(log_id: string): Promise<ThreadHead> {
    const { keys, writes } = this.#deps;
    await this.enter(log_id);
    const { head } = keys.log(log_id);
    const reply = await writes.ask({ script: 'open', keys: [head], args: this.#newLog() });
    return plainHead(headOf(reply));
  }

  /** Takes a forgotten log out of the index, unless it is there again. */
  async #leave(log_id: string): Promise<void> {
    const { keys, writes } = this.#deps;
    await writes.ask({ name: 'ZREM', args: [keys.threads, log_id] });
    if (await this.head(log_id)) await this.enter(log_id);
  }

  /** The epoch and the time of a log that the script creates. */
  #newLog(): ScriptArgs {
    const { entropy, clock } = this.#deps;
    return { epoch: entropy.token(EPOCH_BYTES), now: clock.wall() };
  }
}

/** Whether the head that the caller knew is still in the log. */
const isHeld = (fields: Fields): boolean => numberOf(fields.get('holds')) === 1;
