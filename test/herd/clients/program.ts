/** A process of the herd: it opens its sessions, publishes to some of their threads, and reports what they saw. */

import { addressOf } from '../../attack/attacker/kit.js';
import { atATime } from '../../attack/attacker/pace.js';
import { tokenOf } from '../../attack/attacker/token.js';
import { answerWith } from '../../support/answer.mjs';
import type { TransportCase } from '../../support/client.js';
import { until } from '../../support/until.js';
import { BusyThread } from './busy-thread.js';
import { Member } from './member.js';

export interface Plan {
  readonly url: string;
  /** What the names of its users begin with. */
  readonly name: string;
  readonly sessions: number;
  readonly addresses: number;
  readonly transport: TransportCase;
}

export interface Seen {
  /** For each session that is live again: milliseconds since the kill. */
  readonly returnsMs: readonly number[];
  /** Sessions that were refused for good. */
  readonly refused: number;
  /** Events that were acknowledged. */
  readonly published: number;
  readonly received: number;
  readonly lost: number;
  readonly repeated: number;
  readonly outOfOrder: number;
  readonly announced: number;
  /** Events that were refused for good. */
  readonly sendsRefused: number;
}

/** Within what the server lets a user resume in a minute. */
const SESSIONS_PER_USER = 50;
/** One session of so many follows the busy thread of its user. */
const BUSY_EACH = 10;
const AT_A_TIME = 25;
const SETTLE_MS = 60_000;

const members: Member[] = [];
const threads: BusyThread[] = [];

const handlers = {
  /** Resolves when all sessions are live. */
  async open({ sessions, name, ...plan }: Plan): Promise<void> {
    for (let first = 0; first < sessions; first += SESSIONS_PER_USER) {
      const count = Math.min(SESSIONS_PER_USER, sessions - first);
      await openUser(`${name}-${first}`, count, plan);
    }
  },

  /** Resolves when the first event of each busy thread is acknowledged. */
  async publish(): Promise<void> {
    await Promise.all(threads.map((thread) => thread.publish()));
  },

  /** How many sessions are neither live again after this time nor refused. */
  awaited: (killedAt: number): number =>
    members.filter((each) => !each.refused && each.liveAgainAfter(killedAt) === undefined).length,

  /** Publishes no more, and resolves when the members have all that was acknowledged. */
  async settle(killedAt: number): Promise<Seen> {
    const returnsMs = members.flatMap((each) => {
      const at = each.liveAgainAfter(killedAt);
      return at === undefined ? [] : [at - killedAt];
    });
    for (const thread of threads) thread.stop();
    // What is still missing then is lost.
    await until('nothing is under way', () => threads.every(({ settled }) => settled), {
      timeoutMs: SETTLE_MS,
    }).catch(() => {});
    return {
      returnsMs,
      refused: members.filter(({ refused }) => refused).length,
      published: sum(threads, ({ published }) => published),
      received: sum(members, ({ sequence }) => sequence.received),
      lost: sum(threads, ({ lost }) => lost),
      repeated: sum(members, ({ sequence }) => sequence.repeated),
      outOfOrder: sum(members, ({ sequence }) => sequence.outOfOrder),
      announced: sum(members, ({ announced }) => announced),
      sendsRefused: sum(threads, ({ refused }) => refused),
    };
  },
};

export type HerdHandlers = typeof handlers;

/** Opens the sessions of a user: each on its own thread, some on the busy one. */
async function openUser(
  user: string,
  count: number,
  { url, transport, addresses }: Pick<Plan, 'url' | 'transport' | 'addresses'>,
): Promise<void> {
  const token = await tokenOf(user);
  const thread = new BusyThread();
  threads.push(thread);
  await atATime(AT_A_TIME, count, async (index) => {
    const busy = index % BUSY_EACH === 0;
    const thread_id = `${user}:${busy ? 'busy' : index}`;
    const address = addressOf(members.length % addresses);
    const member = new Member({ url, address, transport, thread_id, token });
    members.push(member);
    if (busy) thread.add(member);
    await member.untilLive();
  });
}

const sum = <T>(all: readonly T[], of: (each: T) => number): number =>
  all.reduce((total, each) => total + of(each), 0);

answerWith(handlers);
