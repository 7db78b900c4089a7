/** The list of threads on Redis: entries stand in the heads of their logs, the order in sorted sets. */

import type { ThreadChange, ThreadMetadata } from '@session-monitor/protocol';
import { isThreadLog } from '../log-ids.js';
import type { ThreadEntry, ThreadListQuery, ThreadStore } from '../store.js';
import type { Reply } from './connection.js';
import type { RedisTools } from './redis-client.js';
import { fieldsOf, numberOf, textOf } from './replies.js';
import type { Command } from './script.js';
import { digestOf, ownerOf, type ThreadPlaces } from './thread-places.js';

export interface RedisThreadsDeps extends RedisTools {
  readonly places: ThreadPlaces;
}

/** The list corrects places that lag and reads again; threads may move all the time. */
const MAX_ROUNDS = 5;

export class RedisThreads implements ThreadStore {
  readonly #deps: RedisThreadsDeps;

  constructor(deps: RedisThreadsDeps) {
    this.#deps = deps;
  }

  async get(thread_id: string): Promise<ThreadEntry | undefined> {
    return entryOf(thread_id, await this.#deps.reads.ask(this.#get(thread_id)));
  }

  async list({ user_id, after, limit }: ThreadListQuery): Promise<readonly ThreadEntry[]> {
    const { places, reads } = this.#deps;
    const owner = user_id === undefined ? undefined : digestOf(user_id);
    for (let round = 1; ; round += 1) {
      const found = await places.find(owner, after, limit);
      const replies = await reads.askEach(found.map(({ thread_id }) => this.#get(thread_id)));
      const looked = found.map((place, index) => {
        const entry = entryOf(place.thread_id, replies[index]);
        const belongs = user_id === undefined || entry?.user_id === user_id;
        const score_now = belongs ? entry?.last_activity : undefined;
        return { ...place, entry, score_now };
      });
      const wrong = looked.filter(({ score, score_now }) => Number(score) !== score_now);
      if (wrong.length === 0 || round === MAX_ROUNDS) {
        return looked.flatMap(({ entry, ...each }) =>
          entry && !wrong.some(({ thread_id }) => thread_id === each.thread_id) ? [entry] : [],
        );
      }
      await places.correct(owner, wrong);
    }
  }

  async update(thread_id: string, change: ThreadChange): Promise<ThreadEntry | undefined> {
    const { keys, writes, places, clock } = this.#deps;
    const { title, metadata, user_id } = change;
    // If a crash interrupts this, the clean-up finds the thread missing and enters it for its owner.
    if (user_id !== undefined) await places.remove(thread_id, undefined);
    const owner = typeof user_id === 'string' ? digestOf(user_id) : undefined;
    const json = (field: unknown) => (field === undefined ? undefined : JSON.stringify(field));
    const reply = await writes.ask({
      script: 'update-entry',
      keys: [keys.log(thread_id).head],
      args: {
        now: Math.floor(clock.wall()),
        title: json(title),
        metadata: json(metadata),
        owner: json(user_id),
        digest: owner,
      },
    });
    if (reply === null) return undefined;
    const fields = fieldsOf(reply);
    const before = ownerOf(fields.get('former'));
    const now = user_id === undefined ? before : owner;
    const last_activity = numberOf(fields.get('last_activity'));
    await places.enter({ thread_id, last_activity, owner: now });
    if (before !== undefined && before !== now) await places.removeOwned(thread_id, before);
    return this.get(thread_id);
  }

  async mend(log_ids: readonly string[]): Promise<void> {
    const { places } = this.#deps;
    const thread_ids = log_ids.filter(isThreadLog);
    if (thread_ids.length === 0) return;
    const scores = await places.scores(thread_ids);
    const looked = await places.lookAtEach(thread_ids);
    const stray = [];
    for (const [index, thread_id] of thread_ids.entries()) {
      const score = scores[index];
      const { place, former = '' } = looked[index] ?? {};
      const score_now = place?.last_activity;
      if (former !== '') await places.leave(thread_id, former);
      else if (place && !(Number(score) >= place.last_activity)) await places.enter(place);
      else if (score !== undefined && Number(score) !== score_now) {
        stray.push({ thread_id, score, score_now });
      }
    }
    await places.correct(undefined, stray);
  }

  #get(thread_id: string): Command {
    const { head, runs } = this.#deps.keys.log(thread_id);
    return { script: 'get-entry', keys: [head, runs] };
  }
}

function entryOf(thread_id: string, reply: Reply | undefined): ThreadEntry | undefined {
  const fields = fieldsOf(reply);
  if (fields.size === 0) return undefined;
  const number = (name: string) => numberOf(fields.get(name));
  return {
    thread_id,
    title: jsonOf<string>(fields.get('title')),
    user_id: jsonOf<string>(fields.get('owner')),
    metadata: jsonOf<ThreadMetadata>(fields.get('metadata')) ?? {},
    created_at: number('created_at'),
    last_activity: number('last_activity'),
    head: number('head'),
    running: number('running') === 1,
  };
}

/** A field that this store wrote as JSON; null for nothing. */
function jsonOf<T>(reply: Reply | undefined): T | null {
  const text = textOf(reply);
  return text === '' ? null : (JSON.parse(text) as T | null);
}
