/**
 * The checks that a Redis must pass before the store uses it. An operator can waive each check by its name; the
 * log then says so at every start.
 */

import type { Clock } from '../../util/clock.js';
import { configError, ServerError } from '../../util/errors.js';
import type { RedisKeys } from './keys.js';
import type { RedisWaiver } from './options.js';
import { type RedisClient, replyOf } from './redis-client.js';
import { textOf, textsOf } from './replies.js';

export interface Problem {
  readonly waiver: RedisWaiver;
  /** The problem, and what to do. */
  readonly message: string;
}

/** The format that this version writes. */
const FORMAT = '1';
const MIN_VERSION = 7;
/** Leases last 15 s: this is far from what makes one end early. */
const MAX_CLOCK_DIFFERENCE_MS = 2_000;

export interface CheckDeps {
  readonly link: RedisClient;
  readonly keys: RedisKeys;
  readonly replicas: number;
  readonly clock: Pick<Clock, 'wall'>;
}

/** Finds the problems of a Redis. Rejects with ServerError ERR_STORE_UNAVAILABLE if it does not answer. */
export async function inspectRedis({
  link,
  keys,
  replicas,
  clock,
}: CheckDeps): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const add = (waiver: RedisWaiver, message: string) => problems.push({ waiver, message });
  /** Undefined if Redis does not permit the command. */
  const ask = async (name: string, ...args: readonly string[]) => {
    const [answer] = await link.askAll([{ name, args }]);
    const refused =
      answer?.kind === 'failed' && /NOPERM|unknown command/.test(answer.error.message);
    return refused ? undefined : replyOf(answer);
  };

  const asked = clock.wall();
  const time = textsOf(await ask('TIME'));
  const answered = clock.wall();
  const theirs = Number(time[0]) * 1_000 + Number(time[1]) / 1_000;
  const difference = Math.max(0, asked - theirs, theirs - answered);
  if (difference > MAX_CLOCK_DIFFERENCE_MS) {
    add(
      'clock',
      `Its clock and ours differ by ${Math.round(difference)} ms. Run NTP on both machines.`,
    );
  }

  const info = textOf(await ask('INFO'));
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const version = field('redis_version') ?? 'unknown';
  if (!(Number.parseInt(version, 10) >= MIN_VERSION)) {
    add('version', `Its version is ${version}. Use Redis ${MIN_VERSION} or later, or Valkey.`);
  }
  const connected = Number(field('connected_slaves') ?? 0);
  if (connected < replicas) {
    add(
      'replicas',
      `It has ${connected} replicas, and REDIS_REPLICAS is ${replicas}: nothing would ever be confirmed. Connect replicas, or lower it.`,
    );
  }

  const setting = async (name: string) => textsOf(await ask('CONFIG', 'GET', name))[1];
  const hidden = 'cannot be read (CONFIG GET is refused)';
  const appendonly = await setting('appendonly');
  if (appendonly !== 'yes') {
    add(
      'appendonly',
      `appendonly ${shown(appendonly)}. Set it to yes: without it a restart of Redis loses everything.`,
    );
  }
  const appendfsync = await setting('appendfsync');
  if (appendfsync !== 'always') {
    add(
      'appendfsync',
      `appendfsync ${shown(appendfsync)}. Set it to always: else a loss of power loses what was confirmed last.`,
    );
  }
  const policy = await setting('maxmemory-policy');
  if (policy !== 'noeviction') {
    add(
      'eviction',
      `maxmemory-policy ${shown(policy)}. Set it to noeviction: else Redis throws conversations away when it is full.`,
    );
  }
  function shown(value: string | undefined): string {
    return value === undefined ? hidden : `is ${value}`;
  }

  const args = { channel: keys.probe };
  const [probe] = await link.askAll([{ script: 'probe', keys: [keys.probe], args }]);
  const refused = probe?.kind === 'failed' ? 'EVALSHA, SCRIPT' : textOf(replyOf(probe));
  if (refused !== '') {
    const keysOf = `~${keys.probe.replace(/probe$/, '*')} &*`;
    add(
      'permissions',
      `Our user may not use ${refused}. Allow all that is read and written: ${keysOf} +@all.`,
    );
  }
  return problems;
}

/**
 * Writes the layout's format if there is none, or checks that this version can read it.
 *
 * @throws ServerError ERR_STORE_FORMAT
 */
export async function checkFormat(link: RedisClient, keys: RedisKeys): Promise<void> {
  await link.ask({ name: 'SETNX', args: [keys.format, FORMAT] });
  const found = textOf(await link.ask({ name: 'GET', args: [keys.format] }));
  if (found === FORMAT) return;
  throw new ServerError(
    'ERR_STORE_FORMAT',
    `The data in Redis are of format ${found}, and this version reads format ${FORMAT}. ` +
      'Run the version that wrote them, or choose another REDIS_PREFIX.',
  );
}

/**
 * Refuses an unsafe Redis with one error that lists every problem.
 *
 * @param onWaived called with each problem that is waived
 * @throws ServerError ERR_CONFIG
 */
export function refuseUnsafe(
  problems: readonly Problem[],
  waived: readonly RedisWaiver[],
  onWaived: (problem: Problem) => void,
): void {
  const open = problems.filter(({ waiver }) => !waived.includes(waiver));
  for (const problem of problems) if (waived.includes(problem.waiver)) onWaived(problem);
  if (open.length === 0) return;
  const list = open.map(({ waiver, message }) => `  ${waiver}: ${message}`).join('\n');
  const names = open.map(({ waiver }) => waiver).join(',');
  throw configError(
    `This Redis is not safe for conversations:\n${list}\nTo accept this, set REDIS_WAIVE=${names}.`,
  );
}
