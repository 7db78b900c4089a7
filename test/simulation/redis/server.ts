/**
 * A model of a Redis server: its data, the product's own scripts over them, and its channels. A test holds it against
 * a real redis-server (redis-model.test.ts). Each command runs at one moment, as in Redis.
 */

import { createHash } from 'node:crypto';
import { RedisData, RedisError, type SimReply } from './data.js';
import { type CompiledScript, compile } from './lua-compiler.js';
import { LuaError, LuaTable, type LuaValue } from './lua-values.js';

/** What receives the messages of channels. */
export interface Subscriber {
  deliver(channel: string, message: string): void;
}

/** Compiled once for all worlds. */
const compiled = new Map<string, CompiledScript>();

export class RedisServer {
  data: RedisData;
  readonly #scripts = new Map<string, CompiledScript>();
  readonly #channels = new Map<string, Set<Subscriber>>();
  readonly #onWritten: (keys: ReadonlySet<string>) => void;

  /**
   * @param wall its clock, in milliseconds
   * @param onWritten called after each command that has written, with the keys
   */
  constructor(wall: () => number, onWritten: (keys: ReadonlySet<string>) => void = () => {}) {
    this.#onWritten = onWritten;
    this.data = new RedisData(wall);
  }

  /** Runs one command. Throws a RedisError where Redis answers with one. */
  run(name: string, args: readonly string[]): SimReply {
    try {
      return this.#run(name, args);
    } finally {
      const { written } = this.data;
      if (written.size > 0) this.#onWritten(written);
      written.clear();
    }
  }

  /** After a restart no script is known and no channel has a subscriber. */
  restart(data: RedisData): void {
    this.data = data;
    this.#scripts.clear();
    this.#channels.clear();
  }

  load(lua: string): string {
    const sha = createHash('sha1').update(lua).digest('hex');
    let script = compiled.get(sha);
    if (!script) {
      script = compile(lua);
      compiled.set(sha, script);
    }
    this.#scripts.set(sha, script);
    return sha;
  }

  subscribe(channel: string, subscriber: Subscriber): void {
    const all = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, all.add(subscriber));
  }

  unsubscribe(channel: string, subscriber: Subscriber): void {
    this.#channels.get(channel)?.delete(subscriber);
  }

  unsubscribeAll(subscriber: Subscriber): void {
    for (const channel of this.#channels.keys()) this.unsubscribe(channel, subscriber);
  }

  #run(name: string, args: readonly string[]): SimReply {
    switch (name) {
      case 'EVALSHA':
        return this.#eval(args);
      case 'PUBLISH':
        return this.#publish(args[0] ?? '', args[1] ?? '');
      case 'PUBSUB':
        return args
          .slice(1)
          .flatMap((channel) => [channel, this.#channels.get(channel)?.size ?? 0]);
      default:
        return this.data.run(name, args);
    }
  }

  #eval([sha = '', count = '0', ...rest]: readonly string[]): SimReply {
    const script = this.#scripts.get(sha);
    if (!script) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.');
    const [keys, args] = [rest.slice(0, Number(count)), rest.slice(Number(count))];
    const call = (name: LuaValue, ...values: LuaValue[]): LuaValue[] => {
      try {
        return [luaOf(this.#run(String(name), values.map(String)))];
      } catch (error) {
        if (!(error instanceof RedisError)) throw error;
        throw new LuaError(LuaTable.of([], [['err', error.message]]));
      }
    };
    const pcall = (...values: LuaValue[]): LuaValue[] => {
      try {
        return call(...(values as [LuaValue]));
      } catch (error) {
        if (error instanceof LuaError) return [error.value];
        throw error;
      }
    };
    const redis = LuaTable.of(
      [],
      [
        ['call', call],
        ['pcall', pcall],
      ],
    );
    try {
      return replyOf(script(redis, LuaTable.of(keys), LuaTable.of(args)));
    } catch (error) {
      if (error instanceof LuaError) throw new RedisError(error.message);
      throw error;
    }
  }

  #publish(channel: string, message: string): number {
    const all = [...(this.#channels.get(channel) ?? [])];
    for (const each of all) each.deliver(channel, message);
    return all.length;
  }
}

/** As Redis turns its replies into values of Lua. */
function luaOf(reply: SimReply): LuaValue {
  if (reply === null) return false;
  if (typeof reply !== 'object') return reply;
  if ('status' in reply) return LuaTable.of([], [['ok', reply.status]]);
  return LuaTable.of(reply.map(luaOf));
}

/** As Redis turns what a script returns into a reply. */
function replyOf(value: LuaValue): SimReply {
  if (value === undefined || value === false) return null;
  if (value === true) return 1;
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'string') return value;
  if (!(value instanceof LuaTable)) throw new Error('A script returned what is no reply');
  const error = value.get('err');
  if (error !== undefined) throw new RedisError(String(error));
  const status = value.get('ok');
  if (status !== undefined) return { status: String(status) };
  const end = value.list.indexOf(undefined);
  return (end < 0 ? value.list : value.list.slice(0, end)).map(replyOf);
}
