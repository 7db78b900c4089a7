/** Watches what is written to Redis: feeds the reference of the logs with what is durable, and watches the sessions. */

import {
  type RedisKeys,
  SESSION_SHARDS,
  shardOf,
} from '../../../packages/server/src/stores/redis/keys.js';
import { endsOf } from '../../../packages/server/src/stores/redis/replies.js';
import type { RunRecord, SessionRecord } from '../../../packages/server/src/stores/store.js';
import type { RedisData } from '../redis/data.js';
import type { Checker } from './checker.js';
import type { LeftLog, ReferenceLog } from './reference-log.js';
import type { SessionWatch } from './session-watch.js';

export interface RedisWatchDeps {
  readonly keys: RedisKeys;
  readonly data: () => RedisData;
  readonly reference: ReferenceLog;
  readonly checker: Checker;
  readonly sessions: SessionWatch;
}

interface StoredBatch {
  readonly first: number;
  readonly last: number;
  readonly events: readonly string[];
}

export class RedisWatch {
  readonly #deps: RedisWatchDeps;
  /** Compacted ranges that were seen, as they are stored. */
  readonly #ranges = new Set<string>();
  /** Whether a replica has taken over that did not have all that was confirmed. */
  hasLost = false;
  /** Whether a replica has taken over at all: heartbeats wait for none. */
  wasPutBack = false;
  readonly #sessionPrefixes: readonly string[];

  constructor(deps: RedisWatchDeps) {
    this.#deps = deps;
    this.#sessionPrefixes = Array.from(
      { length: SESSION_SHARDS },
      (_, shard) => deps.keys.sessions(shard).record,
    );
  }

  /** One command has written these keys. */
  written(keys: ReadonlySet<string>): void {
    for (const key of keys) {
      const log_id = logOf(key, ':head');
      if (log_id !== undefined) this.#onHead(log_id);
    }
    for (const key of keys) {
      const log_id = logOf(key, ':spans');
      if (log_id !== undefined) this.#onRanges(log_id);
      const prefix = this.#sessionPrefixes.find((each) => key.startsWith(each));
      const session_id = prefix && key.slice(prefix.length);
      if (session_id) this.#deps.sessions.written(session_id, this.sessionOf(session_id));
    }
  }

  /**
   * The data were put back to an earlier state.
   *
   * @param lossy what was confirmed may be missing there: no replica had to confirm it
   */
  putBack(lossy: boolean): void {
    const { data, reference, sessions } = this.#deps;
    const left: LeftLog[] = [];
    for (const key of data().keys()) {
      const log_id = logOf(key, ':head');
      const head = log_id === undefined ? undefined : this.#headOf(log_id);
      if (log_id === undefined || !head) continue;
      const last = this.#batchesAfter(log_id, 0).at(-1)?.last ?? head.base;
      left.push({ thread_id: log_id, epoch: head.epoch, base: head.base, last });
    }
    if (!lossy) this.#expectAll(left);
    this.hasLost ||= lossy;
    this.wasPutBack = true;
    reference.putBack(left);
    sessions.putBack(lossy);
  }

  /** What was durable before the data were put back must be there still. */
  #expectAll(left: readonly LeftLog[]): void {
    const { reference, checker } = this.#deps;
    const lasts = new Map(left.map(({ epoch, last }) => [epoch, last]));
    for (const { thread_id, epoch, head } of reference.logs()) {
      const last = lasts.get(epoch) ?? 0;
      checker.expect(last >= (head?.offset ?? 0), 'I1', () => {
        return `a failover left ${last} of ${head?.offset} durable events of ${thread_id}`;
      });
    }
  }

  /** Logs with an append that is not confirmed yet: the node that appended it is gone. */
  unconfirmed(): readonly string[] {
    const { data } = this.#deps;
    return [...data().keys()].flatMap((key) => {
      const log_id = logOf(key, ':head');
      const head = log_id === undefined ? undefined : data().hash(key);
      return log_id !== undefined && head?.get('o') !== head?.get('c') ? [log_id] : [];
    });
  }

  /** The runs as they are stored. */
  runs(): readonly Pick<RunRecord, 'run_id' | 'status' | 'thread_id'>[] {
    const { data } = this.#deps;
    return [...data().keys()].flatMap((key) => {
      const thread_id = logOf(key, ':runs');
      const fields = thread_id === undefined ? undefined : data().hash(key);
      return [...(fields ?? [])].flatMap(([name, state]) => {
        if (!name.startsWith('s:')) return [];
        const status = state.split(' ')[1] as RunRecord['status'];
        return [{ run_id: name.slice(2), status, thread_id: thread_id ?? '' }];
      });
    });
  }

  /** Whether a process has a heartbeat that has not lapsed. Its name there begins with that of its node. */
  isAlive(node: string): boolean {
    const { keys, data } = this.#deps;
    const [seconds, micros] = data().run('TIME', []) as readonly [string, string];
    const now = String(Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000));
    const names = data().run('ZRANGEBYSCORE', [keys.nodes, now, '+inf']) as readonly string[];
    return names.some((name) => name.startsWith(`${node}-`));
  }

  /** A session as it is stored; undefined if it is not. */
  sessionOf(session_id: string): SessionRecord | undefined {
    const { keys, data } = this.#deps;
    const { record } = keys.sessions(shardOf(session_id));
    const json = data()
      .hash(record + session_id)
      ?.get('j');
    return json === undefined ? undefined : (JSON.parse(json) as SessionRecord);
  }

  #headOf(log_id: string) {
    const { keys, data } = this.#deps;
    const head = data().hash(keys.log(log_id).head);
    const epoch = head?.get('e');
    if (!head || epoch === undefined) return undefined;
    return { epoch, durable: Number(head.get('c')), base: Number(head.get('b')) };
  }

  #onHead(log_id: string): void {
    const { reference, checker } = this.#deps;
    const head = this.#headOf(log_id);
    if (!head) {
      reference.removed(log_id);
      return;
    }
    const former = reference.log(log_id);
    const isNew = former?.epoch !== head.epoch;
    // A lost log may be begun again by the command that had begun it: a repeated attempt finds nothing.
    if (isNew) checker.note(() => `in Redis ${log_id} begins as ${head.epoch}`);
    const isReborn = isNew && this.wasPutBack && reference.knows(head.epoch);
    if (isReborn) reference.reborn(log_id, head.epoch, head.base);
    else if (isNew) reference.begun(log_id, head.epoch, head.base);
    const log = reference.log(log_id);
    const known = log?.head?.offset ?? log?.base ?? 0;
    for (const { first, last, events } of this.#batchesAfter(log_id, known)) {
      if (last <= head.durable) reference.appended(head.epoch, first, events);
    }
    if (!isNew) reference.begun(log_id, head.epoch, head.base);
  }

  #batchesAfter(log_id: string, offset: number): readonly StoredBatch[] {
    const { keys, data } = this.#deps;
    const entries = data().run('XRANGE', [keys.log(log_id).log, String(offset + 1), '+']);
    return (entries as readonly (readonly [string, readonly string[]])[]).map(([id, fields]) => {
      const last = Number.parseInt(id, 10);
      const field = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
      const payload = field('p');
      let start = 0;
      const events = [...endsOf(field('l'))].map((end) => {
        const event = payload.slice(start, end);
        start = end + 1;
        return event;
      });
      return { first: last - events.length + 1, last, events };
    });
  }

  #onRanges(log_id: string): void {
    const { keys, data, reference } = this.#deps;
    const head = this.#headOf(log_id);
    if (!head) return;
    const stored = data().run('ZRANGEBYSCORE', [
      keys.log(log_id).compactedRanges,
      '-inf',
      '+inf',
      'WITHSCORES',
    ]) as readonly string[];
    for (let at = 0; at < stored.length; at += 2) {
      const [member = '', first] = [stored[at], stored[at + 1]];
      const id = `${head.epoch} ${first} ${member}`;
      if (this.#ranges.has(id)) continue;
      this.#ranges.add(id);
      const [last = ''] = member.split(' ', 1);
      const event = member.slice(member.indexOf(' ', last.length + 1) + 1);
      reference.compacted(head.epoch, Number(first), Number(last), event);
    }
  }
}

/** The id of the log or the thread that a key belongs to: `sm:{thread}rest:head`. */
function logOf(key: string, ending: string): string | undefined {
  const start = key.indexOf('{');
  const end = key.indexOf('}');
  if (start < 0 || !key.endsWith(ending)) return undefined;
  return key.slice(start + 1, end) + key.slice(end + 1, -ending.length);
}
