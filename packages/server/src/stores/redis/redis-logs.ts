/** Logs on Redis. Every read is one script, so that its answer is consistent. */

import type { Retention } from '../../core/retention.js';
import type { Logger } from '../../observe/trace.js';
import type { Clock, Entropy } from '../../util/clock.js';
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
import { TOUCH } from './append-scripts.js';
import type { RedisAppends } from './appends.js';
import type { FollowedLogs } from './followed.js';
import type { RedisKeys } from './keys.js';
import { COMPACT, FORGET, LOCATE, LOOK, OPEN, READ, TRIM } from './log-scripts.js';
import type { RedisClient } from './redis-client.js';
import { headOf, itemOf, listOf, numberOf, plainHead, textOf, textsOf } from './replies.js';
import type { Script } from './script.js';
import type { RedisSubscriber } from './subscriber.js';
import type { EntryPlace, ThreadPlaces } from './thread-places.js';

export interface RedisLogsDeps {
  readonly keys: RedisKeys;
  /** For commands whose writes need not last. */
  readonly reads: RedisClient;
  readonly writes: RedisClient;
  readonly subscriber: RedisSubscriber;
  readonly followed: FollowedLogs;
  readonly appends: RedisAppends;
  readonly places: ThreadPlaces;
  readonly scripts: {
    readonly erase: Script;
    readonly forgetIdle: Script;
    readonly commit: Script;
  };
  readonly origin: string;
  readonly clock: Pick<Clock, 'wall'>;
  readonly entropy: Pick<Entropy, 'token'>;
  readonly logger: Logger;
}

/** The index of the owners in the answer to an erasure: behind the head. */
const ERASED_OWNERS_AT = 9;

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
    const reply = await reads.ask({ script: LOOK, keys: [head, log], args: ['', 0, ''] });
    return reply === null ? undefined : plainHead(headOf(listOf(reply)[0]));
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
    { maxBytes, compacted }: ReadLimits,
  ): Promise<ReadOutcome> {
    const { keys, reads } = this.#deps;
    const { head, log, compactedRanges: rangesKey } = keys.log(log_id);
    const args = [after, maxBytes, compacted ? 1 : 0, ...this.#newLog()];
    const reply = await reads.ask({ script: READ, keys: [head, log, rangesKey], args });
    const [shown, ...items] = listOf(reply);
    const found = plainHead(headOf(shown));
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
    const { keys, reads } = this.#deps;
    const { head, log } = keys.log(log_id);
    const ask = () =>
      reads.ask({ script: LOCATE, keys: [head, log], args: [offset, ...this.#newLog()] });
    let [shown, tag] = listOf(await ask());
    // A failover may have lost the mark that the offset is durable. Confirm it again before denying it.
    const { offset: durable, appended } = headOf(shown);
    if (offset > durable && offset <= appended && (await this.confirm(log_id))) {
      [shown, tag] = listOf(await ask());
    }
    const found = plainHead(headOf(shown));
    const text = textOf(tag);
    return text === '' ? { head: found } : { head: found, tag: text };
  }

  async compact(log_id: string, epoch: string, ranges: readonly CompactedRange[]): Promise<void> {
    const { keys, writes } = this.#deps;
    const { head, log, compactedRanges: rangesKey } = keys.log(log_id);
    const args = [epoch, ...ranges.flatMap(({ first, last, event }) => [first, last, event])];
    await writes.ask({ script: COMPACT, keys: [head, log, rangesKey], args });
  }

  async trim(log_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome> {
    const { keys, writes, clock } = this.#deps;
    const { head, log, ids, compactedRanges } = keys.log(log_id);
    const { maxAgeMs, maxEvents, maxBytes } = retention;
    const now = clock.wall();
    const before = maxAgeMs === undefined ? '' : now - maxAgeMs;
    const args = [before, maxEvents ?? '', maxBytes ?? '', maxBatches, now];
    const reply = await writes.ask({ script: TRIM, keys: [head, log, ids, compactedRanges], args });
    const [base, more] = listOf(reply);
    return { base: numberOf(base), more: numberOf(more) === 1 };
  }

  async delete(log_id: string): Promise<ThreadHead> {
    const { keys, writes, scripts, origin, followed, places } = this.#deps;
    const { head, log, ids, compactedRanges, channel } = keys.log(log_id);
    const args = [...this.#newLog(), channel, origin, followed.listens(log_id)];
    const reply = await writes.ask({
      script: scripts.erase,
      keys: [head, log, ids, compactedRanges],
      args,
    });
    await this.enter(log_id);
    if (isThreadLog(log_id)) await places.leave(log_id, textOf(listOf(reply)[ERASED_OWNERS_AT]));
    const erased = plainHead(headOf(reply));
    followed.erased(log_id, erased);
    return erased;
  }

  async forget(log_id: string): Promise<void> {
    const { keys, writes } = this.#deps;
    const { head, log, ids, compactedRanges } = keys.log(log_id);
    await this.#unlist(log_id);
    await writes.ask({ script: FORGET, keys: [head, log, ids, compactedRanges], args: [] });
    await this.#leave(log_id);
  }

  async forgetIdle(log_id: string, wall: number): Promise<boolean> {
    const { keys, writes, scripts, followed, subscriber, places } = this.#deps;
    if (followed.has(log_id)) return false;
    await subscriber.settled();
    const { head, log, ids, compactedRanges, channel } = keys.log(log_id);
    const place = await this.#unlist(log_id);
    const reply = await writes.ask({
      script: scripts.forgetIdle,
      keys: [head, log, ids, compactedRanges],
      args: [wall, channel],
    });
    if (numberOf(reply) !== 1) {
      if (place) await places.enter(place);
      return false;
    }
    await this.#leave(log_id);
    return true;
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
   * Confirms an append whose node may be gone: waits for replicas and marks it as durable. Resolves with whether
   * that succeeded.
   */
  async confirm(log_id: string): Promise<boolean> {
    const { keys, writes, scripts, origin, followed, logger } = this.#deps;
    const { head, log, channel } = keys.log(log_id);
    try {
      const touched = await writes.ask({ script: TOUCH, keys: [head], args: [] });
      const [epoch = '', offset = '', tag = ''] = textsOf(touched);
      // Uses another origin, so that this node receives the wake-up, too.
      const known = followed.known(log_id);
      const args = [epoch, offset, tag, channel, `${origin}+`, 0, ...known];
      const reply = await writes.ask({ script: scripts.commit, keys: [head, log], args });
      return numberOf(listOf(reply)[0]) === 1;
    } catch (error) {
      logger.warn(
        { err: asError(error), thread_id: log_id },
        'An append could not be confirmed yet',
      );
      return false;
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
    const command = { script: OPEN, keys: [keys.log(log_id).head], args: this.#newLog() };
    return plainHead(headOf(await writes.ask(command)));
  }

  /** Takes a forgotten log out of the index, unless it is there again. */
  async #leave(log_id: string): Promise<void> {
    const { keys, writes } = this.#deps;
    await writes.ask({ name: 'ZREM', args: [keys.threads, log_id] });
    if (await this.head(log_id)) await this.enter(log_id);
  }

  /** The epoch and the time of a log that the script creates. */
  #newLog(): readonly [epoch: string, wall: number] {
    const { entropy, clock } = this.#deps;
    return [entropy.token(EPOCH_BYTES), clock.wall()];
  }
}
