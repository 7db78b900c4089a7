/** What a Redis holds, and the commands on it that the product uses. Texts are bytes: latin-1, which sorts as bytes do. */

/** A reply before it is encoded: a status is an object. */
export type SimReply = number | string | null | { readonly status: string } | readonly SimReply[];

interface StreamEntry {
  /** The first half of its id; the second is 0. */
  readonly id: number;
  readonly fields: readonly string[];
}

type Value =
  | { readonly kind: 'string'; value: string }
  | { readonly kind: 'hash'; readonly fields: Map<string, string> }
  | { readonly kind: 'set'; readonly members: Set<string> }
  | {
      readonly kind: 'zset';
      readonly scores: Map<string, number>;
      /** By score, then by member; undefined if it has to be sorted again. */
      sorted: readonly Scored[] | undefined;
    }
  | { readonly kind: 'stream'; entries: StreamEntry[]; lastId: number };

type Scored = readonly [member: string, score: number];
type Kind = Value['kind'];
type Of<K extends Kind> = Extract<Value, { kind: K }>;

/** Redis answers with an error. */
export class RedisError extends Error {}

export class RedisData {
  readonly #values: Map<string, Value>;
  readonly #expiries: Map<string, number>;
  readonly #wall: () => number;
  /** Keys that were written by the present command. */
  readonly written = new Set<string>();

  constructor(wall: () => number, values = new Map<string, Value>(), expiries = new Map()) {
    this.#wall = wall;
    this.#values = values;
    this.#expiries = expiries;
  }

  copy(): RedisData {
    const values = [...this.#values].map(([key, value]) => [key, copyOf(value)] as const);
    return new RedisData(this.#wall, new Map(values), new Map(this.#expiries));
  }

  /** For a checker. */
  keys(): Iterable<string> {
    return this.#values.keys();
  }

  run(name: string, args: readonly string[]): SimReply {
    const command = COMMANDS[name];
    if (!command) throw new Error(`The command ${name} is not modelled`);
    return command(this, args);
  }

  hash(key: string): ReadonlyMap<string, string> | undefined {
    return this.get(key, 'hash')?.fields;
  }

  get<K extends Kind>(key: string, kind: K): Of<K> | undefined {
    const expiry = this.#expiries.get(key);
    if (expiry !== undefined && expiry <= this.#wall()) this.drop(key);
    const value = this.#values.get(key);
    if (value !== undefined && value.kind !== kind) {
      throw new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value');
    }
    return value as Of<K> | undefined;
  }

  put<V extends Value>(key: string, value: V): V {
    this.#values.set(key, value);
    this.written.add(key);
    return value;
  }

  drop(key: string): boolean {
    this.#expiries.delete(key);
    this.written.add(key);
    return this.#values.delete(key);
  }

  /** @param ms undefined: never */
  expire(key: string, ms: number | undefined): boolean {
    if (!this.#values.has(key)) return false;
    if (ms === undefined) return this.#expiries.delete(key);
    this.#expiries.set(key, this.#wall() + ms);
    return true;
  }

  expires(key: string): boolean {
    return this.#expiries.has(key);
  }

  get now(): number {
    return this.#wall();
  }
}

function copyOf(value: Value): Value {
  switch (value.kind) {
    case 'hash':
      return { kind: 'hash', fields: new Map(value.fields) };
    case 'set':
      return { kind: 'set', members: new Set(value.members) };
    case 'zset':
      return { kind: 'zset', scores: new Map(value.scores), sorted: value.sorted };
    case 'stream':
      return { kind: 'stream', entries: [...value.entries], lastId: value.lastId };
    case 'string':
      return { ...value };
  }
}

type RedisCommand = (data: RedisData, args: readonly string[]) => SimReply;

const OK = { status: 'OK' };
const arg = (args: readonly string[], index: number): string => args[index] ?? '';

const hashAt = (data: RedisData, key: string) =>
  data.get(key, 'hash') ?? data.put(key, { kind: 'hash', fields: new Map() });
const setAt = (data: RedisData, key: string) =>
  data.get(key, 'set') ?? data.put(key, { kind: 'set', members: new Set() });
const zsetAt = (data: RedisData, key: string) =>
  data.get(key, 'zset') ??
  data.put(key, { kind: 'zset', scores: new Map(), sorted: undefined } as const as Of<'zset'>);

function sortedOf(data: RedisData, key: string): readonly Scored[] {
  const zset = data.get(key, 'zset');
  if (!zset) return [];
  zset.sorted ??= [...zset.scores].sort(
    ([one, a], [other, b]) => a - b || (one < other ? -1 : one > other ? 1 : 0),
  );
  return zset.sorted;
}

/** Whether a score is behind the lower bound, or before the upper one: `5`, `(5`, `-inf`, `+inf`. */
function bound(text: string): { readonly value: number; readonly open: boolean } {
  const open = text.startsWith('(');
  const number = open ? text.slice(1) : text;
  const value =
    number === '-inf'
      ? Number.NEGATIVE_INFINITY
      : number === '+inf'
        ? Number.POSITIVE_INFINITY
        : Number(number);
  return { value, open };
}

const within = (score: number, from: string, to: string): boolean => {
  const [min, max] = [bound(from), bound(to)];
  return (
    (min.open ? score > min.value : score >= min.value) &&
    (max.open ? score < max.value : score <= max.value)
  );
};

/** Whether a member is within `-`, `+`, `[text` or `(text`. */
const withinLex = (member: string, from: string, to: string): boolean => {
  const isFrom =
    from === '-' || (from[0] === '(' ? member > from.slice(1) : member >= from.slice(1));
  const isTo = to === '+' || (to[0] === '(' ? member < to.slice(1) : member <= to.slice(1));
  return isFrom && isTo;
};

function limited<T>(found: readonly T[], options: readonly string[]): readonly T[] {
  const at = options.indexOf('LIMIT');
  if (at < 0) return found;
  const [from, count] = [Number(options[at + 1]), Number(options[at + 2])];
  return found.slice(from, count < 0 ? undefined : from + count);
}

const scoreText = (score: number): string => String(score);

const withScores = (found: readonly Scored[], options: readonly string[]): readonly string[] =>
  options.includes('WITHSCORES')
    ? found.flatMap(([member, score]) => [member, scoreText(score)])
    : found.map(([member]) => member);

/** Removes members, and the key with its last one. Returns how many there were. */
function removeScored(data: RedisData, key: string, members: Iterable<string>): number {
  const zset = data.get(key, 'zset');
  let count = 0;
  for (const member of members) if (zset?.scores.delete(member)) count += 1;
  if (zset && count > 0) {
    zset.sorted = undefined;
    data.written.add(key);
    if (zset.scores.size === 0) data.drop(key);
  }
  return count;
}

/** An id of the product's streams: a number, with or without its second half. */
function idBound(
  text: string,
  least: number,
  most: number,
): { readonly id: number; readonly open: boolean } {
  const open = text.startsWith('(');
  const id =
    text === '-' ? least : text === '+' ? most : Number.parseInt(open ? text.slice(1) : text, 10);
  return { id, open };
}

function rangeOf(data: RedisData, key: string, from: string, to: string): readonly StreamEntry[] {
  const [min, max] = [
    idBound(from, 0, Number.MAX_SAFE_INTEGER),
    idBound(to, 0, Number.MAX_SAFE_INTEGER),
  ];
  return (data.get(key, 'stream')?.entries ?? []).filter(
    ({ id }) => (min.open ? id > min.id : id >= min.id) && (max.open ? id < max.id : id <= max.id),
  );
}

const counted = (entries: readonly StreamEntry[], options: readonly string[]): SimReply => {
  const at = options.indexOf('COUNT');
  const some = at < 0 ? entries : entries.slice(0, Number(options[at + 1]));
  return some.map(({ id, fields }) => [`${id}-0`, fields]);
};

const COMMANDS: Readonly<Record<string, RedisCommand>> = {
  // --- keys
  UNLINK: (data, keys) => keys.filter((key) => data.drop(key)).length,
  DEL: (data, keys) => keys.filter((key) => data.drop(key)).length,
  PEXPIRE: (data, args) => (data.expire(arg(args, 0), Number(args[1])) ? 1 : 0),
  PERSIST: (data, args) => (data.expire(arg(args, 0), undefined) ? 1 : 0),
  TIME: (data) => {
    const now = data.now;
    return [String(Math.floor(now / 1_000)), String(Math.round((now % 1_000) * 1_000))];
  },

  // --- texts
  GET: (data, args) => data.get(arg(args, 0), 'string')?.value ?? null,
  SET: (data, args) => {
    const [key = '', value = '', option, ms] = args;
    data.put(key, { kind: 'string', value });
    data.expire(key, option === 'PX' ? Number(ms) : undefined);
    return OK;
  },

  // --- hashes
  HGET: (data, args) => data.hash(arg(args, 0))?.get(arg(args, 1)) ?? null,
  HMGET: (data, [key = '', ...names]) => {
    const fields = data.hash(key);
    return names.map((name) => fields?.get(name) ?? null);
  },
  HSET: (data, [key = '', ...pairs]) => {
    const { fields } = hashAt(data, key);
    data.written.add(key);
    let added = 0;
    for (let at = 0; at < pairs.length; at += 2) {
      if (!fields.has(arg(pairs, at))) added += 1;
      fields.set(arg(pairs, at), arg(pairs, at + 1));
    }
    return added;
  },
  HDEL: (data, [key = '', ...names]) => {
    const hash = data.get(key, 'hash');
    const count = names.filter((name) => hash?.fields.delete(name)).length;
    if (count > 0) data.written.add(key);
    if (hash?.fields.size === 0) data.drop(key);
    return count;
  },
  HINCRBY: (data, [key = '', name = '', by]) => {
    const { fields } = hashAt(data, key);
    data.written.add(key);
    const value = Number(fields.get(name) ?? 0) + Number(by);
    fields.set(name, String(value));
    return value;
  },

  // --- sets
  SADD: (data, [key = '', ...members]) => {
    const set = setAt(data, key);
    data.written.add(key);
    return members.filter((member) => {
      if (set.members.has(member)) return false;
      set.members.add(member);
      return true;
    }).length;
  },
  SREM: (data, [key = '', ...members]) => {
    const set = data.get(key, 'set');
    const count = members.filter((member) => set?.members.delete(member)).length;
    if (set?.members.size === 0) data.drop(key);
    return count;
  },
  SMEMBERS: (data, args) => [...(data.get(arg(args, 0), 'set')?.members ?? [])],

  // --- sorted sets
  ZADD: (data, [key = '', ...rest]) => {
    const greater = rest[0] === 'GT';
    const pairs = greater ? rest.slice(1) : rest;
    const zset = zsetAt(data, key);
    data.written.add(key);
    let added = 0;
    for (let at = 0; at < pairs.length; at += 2) {
      const [score, member] = [Number(pairs[at]), arg(pairs, at + 1)];
      const former = zset.scores.get(member);
      if (former === undefined) added += 1;
      else if (greater && score <= former) continue;
      zset.scores.set(member, score);
      zset.sorted = undefined;
    }
    return added;
  },
  ZREM: (data, [key = '', ...members]) => removeScored(data, key, members),
  ZSCORE: (data, args) => {
    const score = data.get(arg(args, 0), 'zset')?.scores.get(arg(args, 1));
    return score === undefined ? null : scoreText(score);
  },
  ZMSCORE: (data, [key = '', ...members]) => {
    const scores = data.get(key, 'zset')?.scores;
    return members.map((member) => {
      const score = scores?.get(member);
      return score === undefined ? null : scoreText(score);
    });
  },
  ZCARD: (data, args) => data.get(arg(args, 0), 'zset')?.scores.size ?? 0,
  ZRANGEBYSCORE: (data, [key = '', from = '', to = '', ...options]) => {
    const found = sortedOf(data, key).filter(([, score]) => within(score, from, to));
    return withScores(limited(found, options), options);
  },
  ZREVRANGEBYSCORE: (data, [key = '', from = '', to = '', ...options]) => {
    const found = sortedOf(data, key).filter(([, score]) => within(score, to, from));
    return withScores(limited(found.toReversed(), options), options);
  },
  ZRANGEBYLEX: (data, [key = '', from = '', to = '', ...options]) => {
    const found = sortedOf(data, key).filter(([member]) => withinLex(member, from, to));
    return limited(found, options).map(([member]) => member);
  },
  ZREMRANGEBYSCORE: (data, [key = '', from = '', to = '']) => {
    const found = sortedOf(data, key).filter(([, score]) => within(score, from, to));
    return removeScored(
      data,
      key,
      found.map(([member]) => member),
    );
  },

  // --- streams
  XADD: (data, [key = '', id = '', ...fields]) => {
    const stream =
      data.get(key, 'stream') ??
      data.put(key, { kind: 'stream', entries: [], lastId: 0 } as Of<'stream'>);
    const number = Number.parseInt(id, 10);
    if (number <= stream.lastId) {
      throw new RedisError(
        'ERR The ID specified in XADD is equal or smaller than the target stream top item',
      );
    }
    stream.entries.push({ id: number, fields });
    stream.lastId = number;
    data.written.add(key);
    return `${number}-0`;
  },
  XRANGE: (data, [key = '', from = '', to = '', ...options]) =>
    counted(rangeOf(data, key, from, to), options),
  XREVRANGE: (data, [key = '', from = '', to = '', ...options]) =>
    counted(rangeOf(data, key, to, from).toReversed(), options),
  XTRIM: (data, [key = '', , least]) => {
    const stream = data.get(key, 'stream');
    if (!stream) return 0;
    const kept = stream.entries.filter(({ id }) => id >= Number(least));
    const count = stream.entries.length - kept.length;
    stream.entries = kept;
    data.written.add(key);
    return count;
  },
};
