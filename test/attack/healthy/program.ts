/** The healthy user's process: it publishes to its thread, follows it, and measures how long an event takes. */

import { SessionMonitor } from '@session-monitor/client';
import { io, type Socket } from 'socket.io-client';
import { Random } from '../../simulation/time/random.js';
import { answerWith } from '../../support/answer.mjs';
import { until } from '../../support/until.js';
import { tokenOf } from '../attacker/token.js';
import { Latencies, type Totals, type Window } from './latencies.js';

const EVENT = 'healthy';
const USER = 'healthy';
const [LEAST_MS, MOST_MS] = [20, 50];
/** Below what the server takes of a connection. */
const MAX_UNDER_WAY = 60;
const LIVE_MS = 60_000;
/** How long what is published may take to arrive after an attack. */
const SETTLE_MS = 60_000;

interface User {
  readonly socket: Socket;
  readonly monitor: SessionMonitor;
}

export interface StartOptions {
  readonly url: string;
  readonly seed: number;
  /** The token; one of the policy for JSON Web Tokens if left out. */
  readonly token?: string;
}

const latencies = new Latencies();
let url = '';
let timer: NodeJS.Timeout | undefined;
let publish = (): void => {};
let token = '';
let session_id = '';
let arrived = 0;

function enter(thread: string): User {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 100 });
  const monitor = new SessionMonitor(socket, {
    thread_id: `${USER}:${thread}`,
    storage: null,
    token: () => token,
  });
  return { socket, monitor };
}

function leave({ socket, monitor }: User): void {
  monitor.stop();
  socket.disconnect();
}

const untilLive = ({ monitor }: User) =>
  until('the healthy user is live', () => monitor.status.state === 'live', {
    timeoutMs: LIVE_MS,
    state: () => monitor.status,
  });

/**
 * Publishes on the monitor's connection without its outbox, which has one message under way at a time: the others would
 * wait for each other, and a slow answer would count many times.
 */
function send({ socket }: User): void {
  const n = latencies.publish();
  const message = { session_id, message_id: `healthy-${n}`, event: EVENT, data: { n } };
  socket.emit('thread_send', message, ({ ok }: { readonly ok: boolean }) => {
    if (ok) latencies.acknowledge(n);
    else latencies.refuse(n);
  });
}

const handlers = {
  async start({ url: at, seed, token: given }: StartOptions) {
    url = at;
    token = given ?? (await tokenOf(USER));
    const entered = enter('thread');
    entered.monitor.on(EVENT, (data) => latencies.saw((data as { readonly n: number }).n));
    entered.monitor.on('registered', (receipt) => {
      session_id = receipt.session_id;
    });
    entered.socket.on('disconnect', () => latencies.disconnect());
    entered.monitor.start();
    await untilLive(entered);
    const random = new Random(seed).fork('healthy');
    publish = () => {
      if (latencies.underWay < MAX_UNDER_WAY) send(entered);
      timer = setTimeout(publish, random.between(LEAST_MS, MOST_MS));
    };
    publish();
  },

  /** What was measured since the last call. */
  window: (): Window => latencies.window(),

  /** Milliseconds until another user is live on another thread. */
  async arrive(): Promise<number> {
    arrived += 1;
    const began = performance.now();
    const other = enter(`arrival-${arrived}`);
    other.monitor.start();
    try {
      await untilLive(other);
    } finally {
      leave(other);
    }
    return performance.now() - began;
  },

  /** Pauses until all that was published has been seen. */
  async settle(): Promise<Totals> {
    clearTimeout(timer);
    await until('all that was published has been seen', () => latencies.settled, {
      timeoutMs: SETTLE_MS,
    }).catch(() => {});
    publish();
    return latencies.totals;
  },
};

export type HealthyHandlers = typeof handlers;

answerWith(handlers);
