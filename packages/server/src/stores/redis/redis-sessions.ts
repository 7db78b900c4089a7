/** Session records on Redis: compare and set by generation and secret, with the indexes of their shard in one step. */

import { elementAt } from '../../util/assert.js';
import type {
  SessionCounts,
  SessionKey,
  SessionRecord,
  SessionState,
  SessionStore,
  SessionVersion,
} from '../store.js';
import type { Reply } from './connection.js';
import { SESSION_SHARDS, type SessionKeys, shardOf } from './keys.js';
import type { RedisTools } from './redis-client.js';
import { numberOf, textOf, textsOf } from './replies.js';
import type { Command } from './script.js';

/** The clean-up handles a record that is due. Without a clean-up for a day, Redis drops the record. */
const FORGOTTEN_AFTER_MS = 86_400_000;
const STATES: readonly SessionState[] = ['connected', 'disconnected', 'expired'];
const SHARDS = Array.from({ length: SESSION_SHARDS }, (_, shard) => shard);

/** An entry of an index: its sort key and its session. */
interface Entry {
  readonly order: string | number;
  readonly session_id: string;
}

export class RedisSessions implements SessionStore {
  readonly #deps: RedisTools;

  constructor(deps: RedisTools) {
    this.#deps = deps;
  }

  async get(session_id: string): Promise<SessionRecord | undefined> {
    return recordOf(await this.#deps.reads.ask(this.#get(session_id)));
  }

  async put(record: SessionRecord, expected: SessionVersion | undefined): Promise<boolean> {
    const { session_id, generation, state, thread_id, due_at, since } = record;
    const dueInMs = due_at === null ? undefined : Math.max(0, Math.ceil(due_at - since));
    const reply = await this.#deps.writes.ask({
      script: 'put-session',
      keys: this.#keysOf(session_id),
      args: {
        id: session_id,
        expected: expected?.generation ?? 0,
        secret: expected?.secret,
        json: JSON.stringify(record),
        generation,
        state,
        place: `${thread_id} ${session_id}`,
        due: due_at ?? undefined,
        ttl: dueInMs === undefined ? undefined : dueInMs + FORGOTTEN_AFTER_MS,
      },
    });
    return numberOf(reply) === 1;
  }

  async remove({ session_id, generation, secret }: SessionKey): Promise<boolean> {
    const command = this.#remove({ id: session_id, expected: generation, secret });
    return numberOf(await this.#deps.writes.ask(command)) === 1;
  }

  async due(wall: number, limit: number): Promise<readonly SessionRecord[]> {
    const ids = await this.#first(limit, (shard) => ({
      name: 'ZRANGEBYSCORE',
      args: [this.#keys(shard).due, '-inf', wall, 'WITHSCORES', 'LIMIT', 0, limit],
      read: (reply) => {
        const parts = textsOf(reply);
        return parts.flatMap((session_id, at) =>
          at % 2 === 0 ? [{ session_id, order: Number(parts[at + 1]) }] : [],
        );
      },
    }));
    const records = await this.#records(ids);
    return records.filter(({ due_at }) => due_at !== null && due_at <= wall);
  }

  list(after: string, limit: number): Promise<readonly SessionRecord[]> {
    return this.#inOrder(({ all }) => all, after, limit);
  }

  connected(after: string, limit: number): Promise<readonly SessionRecord[]> {
    return this.#inOrder(({ state }) => `${state}connected`, after, limit);
  }

  /** The records that an index of each shard names, by id. */
  async #inOrder(
    indexOf: (keys: SessionKeys) => string,
    after: string,
    limit: number,
  ): Promise<readonly SessionRecord[]> {
    const from = after === '' ? '-' : `(${after}`;
    const ids = await this.#first(limit, (shard) => ({
      name: 'ZRANGEBYLEX',
      args: [indexOf(this.#keys(shard)), from, '+', 'LIMIT', 0, limit],
      read: (reply) => textsOf(reply).map((session_id) => ({ session_id, order: session_id })),
    }));
    return this.#records(ids);
  }

  async ofThread(
    thread_id: string,
    after: string,
    limit: number,
  ): Promise<readonly SessionRecord[]> {
    const begin = `${thread_id} `;
    const ids = await this.#first(limit, (shard) => ({
      name: 'ZRANGEBYLEX',
      // The sign after the space: behind all of this thread's.
      args: [
        this.#keys(shard).following,
        `(${begin}${after}`,
        `(${thread_id}!`,
        ...['LIMIT', 0, limit],
      ],
      read: (reply) =>
        textsOf(reply).map((place) => {
          const session_id = place.slice(begin.length);
          return { session_id, order: session_id };
        }),
    }));
    return this.#records(ids);
  }

  async counts(): Promise<SessionCounts> {
    const asked = SHARDS.flatMap((shard) =>
      STATES.map((state) => ({ name: 'ZCARD', args: [`${this.#keys(shard).state}${state}`] })),
    );
    const counts: Record<SessionState, number> = { connected: 0, disconnected: 0, expired: 0 };
    const replies = await this.#deps.reads.askEach(asked);
    replies.forEach((reply, index) => {
      const state = STATES[index % STATES.length];
      if (state) counts[state] += numberOf(reply);
    });
    return counts;
  }

  /** The first entries of all shards together, in order. */
  async #first(
    limit: number,
    ask: (shard: number) => {
      readonly name: string;
      readonly args: readonly (string | number)[];
      readonly read: (reply: Reply | undefined) => readonly Entry[];
    },
  ): Promise<readonly string[]> {
    const asked = SHARDS.map(ask);
    const replies = await this.#deps.reads.askEach(asked.map(({ name, args }) => ({ name, args })));
    return asked
      .flatMap(({ read }, index) => read(replies[index]))
      .sort((one, other) => (one.order < other.order ? -1 : one.order > other.order ? 1 : 0))
      .slice(0, limit)
      .map(({ session_id }) => session_id);
  }

  async #records(ids: readonly string[]): Promise<readonly SessionRecord[]> {
    if (ids.length === 0) return [];
    const replies = await this.#deps.reads.askEach(ids.map((session_id) => this.#get(session_id)));
    const records: SessionRecord[] = [];
    const forgotten: string[] = [];
    replies.forEach((reply, index) => {
      const record = recordOf(reply);
      if (record) records.push(record);
      else forgotten.push(elementAt(ids, index));
    });
    // Redis has dropped these records by itself. Remove them from the indexes.
    await this.#deps.writes.askEach(forgotten.map((id) => this.#remove({ id })));
    return records;
  }

  #get(session_id: string): Command {
    const { record } = this.#keys(shardOf(session_id));
    return { name: 'HGET', args: [`${record}${session_id}`, 'j'] };
  }

  /** @param args without `expected` and `secret` if the record is gone */
  #remove(args: { id: string; expected?: number; secret?: string }): Command {
    return { script: 'remove-session', keys: this.#keysOf(args.id), args };
  }

  #keys(shard: number) {
    return this.#deps.keys.sessions(shard);
  }

  #keysOf(session_id: string): readonly string[] {
    const { record, all, due, following, state } = this.#keys(shardOf(session_id));
    return [`${record}${session_id}`, all, due, following, state];
  }
}

function recordOf(reply: Reply | undefined): SessionRecord | undefined {
  const text = textOf(reply);
  return text === '' ? undefined : (JSON.parse(text) as SessionRecord);
}
