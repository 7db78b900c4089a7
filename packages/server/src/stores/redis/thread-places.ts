/**
 * The order of the list: sorted sets of all threads and of each owner's, by last activity. The sets are in other
 * slots than the entries and follow them a moment later. The store trusts a place only after reading the entry.
 */

import { createHash } from 'node:crypto';
import type { ThreadPlace } from '../store.js';
import type { Reply } from './connection.js';
import type { RedisKeys } from './keys.js';
import type { RedisTools } from './redis-client.js';
import { listOf, numberOf, textOf, textsOf } from './replies.js';
import type { Command } from './script.js';

/** Where an entry belongs. */
export interface EntryPlace {
  readonly thread_id: string;
  readonly last_activity: number;
  /** The owner's digest; undefined for none. */
  readonly owner: string | undefined;
}

export interface Looked {
  /** Undefined for a thread that is not in the list. */
  readonly place: EntryPlace | undefined;
  /** Digests, separated by spaces. */
  readonly former: string;
}

/** A member of a set, with its score as Redis has written it. */
export interface FoundPlace {
  readonly thread_id: string;
  readonly score: string;
}

/** Threads to skip because they share the millisecond of the place before. */
const SHARED_SCORE = 20;

/** Stands for an owner in the names of keys, whatever it is made of. */
export const digestOf = (user_id: string): string =>
  createHash('sha256').update(user_id).digest('base64url');

export class ThreadPlaces {
  readonly #deps: RedisTools;

  constructor(deps: RedisTools) {
    this.#deps = deps;
  }

  /**
   * Moves a thread forward to its place. The owner's set comes first, so that a right place in the set of all threads
   * implies a right place in the owner's.
   */
  async enter({ thread_id, last_activity, owner }: EntryPlace): Promise<void> {
    const { keys, writes } = this.#deps;
    for (const set of setsOf(keys, owner)) {
      await writes.ask({ name: 'ZADD', args: [set, 'GT', last_activity, thread_id] });
    }
  }

  /** Removes a thread, from the set of all threads first. */
  async remove(thread_id: string, owner: string | undefined): Promise<void> {
    const { keys, writes } = this.#deps;
    for (const set of setsOf(keys, owner).toReversed()) {
      await writes.ask({ name: 'ZREM', args: [set, thread_id] });
    }
  }

  /**
   * Removes an erased thread from the lists of its former owners. A place from after the erasure stays.
   *
   * @param owners digests, separated by spaces, as the erasure answers
   */
  async leave(thread_id: string, owners: string): Promise<void> {
    const { keys, writes } = this.#deps;
    const former = owners.split(' ').filter((owner) => owner !== '');
    for (const owner of former) await this.removeOwned(thread_id, owner);
    await this.remove(thread_id, undefined);
    const { place } = await this.look(thread_id);
    if (place) await this.enter(place);
    if (former.length > 0)
      await writes.ask({ name: 'HDEL', args: [keys.log(thread_id).head, 'lx'] });
  }

  /** The place of a thread, and the owners whose lists may hold it from before an erasure. */
  async look(thread_id: string): Promise<Looked> {
    return looked(thread_id, await this.#deps.reads.ask(this.#lookAt(thread_id)));
  }

  async lookAtEach(thread_ids: readonly string[]): Promise<readonly Looked[]> {
    const replies = await this.#deps.reads.askEach(thread_ids.map((id) => this.#lookAt(id)));
    return thread_ids.map((thread_id, index) => looked(thread_id, replies[index]));
  }

  #lookAt(thread_id: string): Command {
    return { name: 'HMGET', args: [this.#deps.keys.log(thread_id).head, 'la', 'lk', 'lx'] };
  }

  async removeOwned(thread_id: string, owner: string): Promise<void> {
    const { keys, writes } = this.#deps;
    await writes.ask({ name: 'ZREM', args: [keys.threadList(owner), thread_id] });
  }

  /** Threads behind a place, in the order of the list; more than `limit` if they share the last one's time. */
  async find(
    owner: string | undefined,
    after: ThreadPlace | undefined,
    limit: number,
  ): Promise<readonly FoundPlace[]> {
    const { keys, reads } = this.#deps;
    const set = keys.threadList(owner);
    const from = after ? after.last_activity : '+inf';
    const found: FoundPlace[] = [];
    for (let skip = 0; found.length < limit; ) {
      const count = limit - found.length + SHARED_SCORE;
      const args = [set, from, '-inf', 'WITHSCORES', 'LIMIT', skip, count];
      const reply = textsOf(await reads.ask({ name: 'ZREVRANGEBYSCORE', args }));
      for (let at = 0; at < reply.length; at += 2) {
        const [thread_id = '', score = ''] = [reply[at], reply[at + 1]];
        const isBefore = Number(score) === after?.last_activity && thread_id >= after.thread_id;
        if (!isBefore) found.push({ thread_id, score });
      }
      skip += count;
      if (reply.length < 2 * count) break;
    }
    return found.slice(0, limit);
  }

  /** The scores among all threads, as Redis has written them; undefined for those that are not there. */
  async scores(thread_ids: readonly string[]): Promise<readonly (string | undefined)[]> {
    const { keys, reads } = this.#deps;
    const args = [keys.threadList(undefined), ...thread_ids];
    const scores = textsOf(await reads.ask({ name: 'ZMSCORE', args }));
    return scores.map((score) => (score === '' ? undefined : score));
  }

  /** Corrects scores, unless they have changed since they were read. Undefined removes the thread. */
  async correct(
    owner: string | undefined,
    places: readonly (Partial<FoundPlace> & { readonly score_now: number | undefined })[],
  ): Promise<void> {
    const { keys, writes } = this.#deps;
    const set = keys.threadList(owner);
    const corrections = places.map(
      ({ thread_id, score, score_now }): Command => ({
        script: 'correct-place',
        keys: [set],
        args: { thread: thread_id, seen: score, score: score_now },
      }),
    );
    if (corrections.length > 0) await writes.askEach(corrections);
  }
}

function looked(thread_id: string, reply: Reply | undefined): Looked {
  const [activity, owner, former] = listOf(reply);
  const place =
    textOf(activity) === ''
      ? undefined
      : { thread_id, last_activity: numberOf(activity), owner: ownerOf(owner) };
  return { place, former: textOf(former) };
}

const setsOf = (keys: RedisKeys, owner: string | undefined): readonly string[] => [
  ...(owner === undefined ? [] : [keys.threadList(owner)]),
  keys.threadList(undefined),
];

/** Reads a digest in an answer; nothing stands for none. */
export const ownerOf = (reply: Reply | undefined): string | undefined => {
  const text = textOf(reply);
  return text === '' ? undefined : text;
};
