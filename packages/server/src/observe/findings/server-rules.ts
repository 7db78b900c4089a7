/** Findings about the server that carries a session: it was lost, killed or drained, or it is slow. */

import type { TraceLine } from '../session-trace/line.js';
import { type Facts, LATE_LOOP_MS } from './facts.js';
import { backAfter, newest, numberOf, textOf, wasOn } from './lines.js';
import { type Rules, timeOf } from './rule.js';
import { clockTime, counted, span } from './words.js';

/** A commit takes some milliseconds, on a busy disk tens. */
const SLOW_COMMIT_MS = 250;
/** An append that has waited for longer is no longer a slow commit among others. */
const LONG_APPEND_MS = 1_000;

export const serverRules: Rules<
  'node_lost' | 'server_killed' | 'server_drained' | 'storage_full' | 'loop_blocked' | 'store_slow'
> = {
  node_lost({ lines }) {
    const lost = newest(lines, 'node_lost', (line) => wasOn(lines, line, textOf(line, 'lost')));
    if (!lost) return undefined;
    const name = textOf(lost, 'lost');
    const back = backAfter(lines, lost, name);
    return {
      at: Math.min(lost.time, back?.time ?? lost.time),
      ongoing: !back,
      title: `The node that carried the session, ${name}, was lost.`,
      evidence: [
        `Node ${lost.node} noticed it at ${clockTime(lost.time)}, and ended ${counted(numberOf(lost, 'runs'), 'reply', 'replies')} as interrupted.`,
        backAgain(back),
      ],
      next: `Look at the machine and the log of ${name}: was the process killed, frozen, or cut off from Redis?`,
    };
  },

  server_killed({ lines, session }) {
    const restart = newest(lines, 'not_stopped', (line) => wasThere(lines, line, session));
    if (!restart) return undefined;
    const { last_at: lastAt, runs } = restart;
    const back = backAfter(lines, restart, textOf(restart, 'former'));
    return {
      at: restart.time,
      ongoing: !back,
      title: `The server was away until ${clockTime(restart.time)}${typeof lastAt === 'number' ? `, from ${clockTime(lastAt)} at the earliest` : ''}: its process was killed, or it crashed.`,
      evidence: [
        ...(typeof runs === 'number'
          ? [`${counted(runs, 'reply was', 'replies were')} interrupted.`]
          : []),
        backAgain(back),
      ],
      next: "Look at the end of the server's log and at the system's (out of memory, kill, crash). Stop it with SIGTERM, so that it drains.",
    };
  },

  server_drained({ lines }) {
    const drain = newest(lines, 'drain', (line) => wasOn(lines, line, line.node));
    if (!drain) return undefined;
    const back = backAfter(lines, drain, drain.node);
    return {
      at: drain.time,
      ongoing: !back,
      title: `The node ${drain.node} was drained: a deployment, or a stop that was asked for.`,
      evidence: [
        `It asked ${counted(numberOf(drain, 'connections'), 'connection')} to move at ${clockTime(drain.time)}; ${counted(numberOf(drain, 'runs'), 'reply', 'replies')} ran.`,
        backAgain(back),
      ],
      next: 'Do nothing, if it was planned. If clients waited for long, look at the drain window (DRAIN_MS) and RECONNECTS_PER_SECOND.',
    };
  },

  storage_full({ now, node }) {
    if (!node?.storage_full) return undefined;
    return {
      at: now,
      ongoing: true,
      title: 'The disk of the store is nearly full: the server refuses what is new.',
      evidence: [
        'Reads, resumes and erasures go on; messages and events are refused with storage_full.',
      ],
      next: 'Free some space, erase threads, or shorten the retention. The server goes on by itself once there is room.',
    };
  },

  loop_blocked({ now, node, lines }) {
    const late = node?.loop_delay_ms ?? 0;
    const isLate = late >= LATE_LOOP_MS;
    const line = newest(lines, 'loop_blocked');
    if (!isLate && !line) return undefined;
    return {
      at: isLate || !line ? now : line.time,
      ongoing: isLate,
      title: `The event loop of ${line?.node ?? node?.node} was blocked: nothing was read or sent meanwhile.`,
      evidence: [
        ...(isLate ? [`It is ${span(late)} late now.`] : []),
        ...(line
          ? [`It stood still for ${span(numberOf(line, 'ms'))} until ${clockTime(line.time)}.`]
          : []),
      ],
      next: 'Look for long synchronous work in the app (large JSON, synchronous files, regular expressions) with `node --cpu-prof`, and at the load of the machine.',
    };
  },

  store_slow({ now, node, storeSilentMs }) {
    const { commit_ms: commitMs, append_waits_ms: waitsMs = 0 } = node ?? {};
    const isSlow = (commitMs ?? 0) >= SLOW_COMMIT_MS;
    const isStuck = waitsMs >= LONG_APPEND_MS;
    if (!isSlow && !isStuck && storeSilentMs === 0) return undefined;
    return {
      at: now - Math.max(waitsMs, storeSilentMs),
      ongoing: true,
      title: 'The store is slow or does not answer: an event is sent only when it is durable.',
      evidence: [
        ...(isSlow
          ? [`A commit took ${span(commitMs ?? 0)} on average over about the last ten seconds.`]
          : []),
        ...(isStuck ? [`An append has waited for ${span(waitsMs)}.`] : []),
        ...(storeSilentMs > 0
          ? [`It has not answered this question within ${span(storeSilentMs)}.`]
          : []),
      ],
      next: 'Look at the disk (or Redis and its replica): does it answer, what else writes to it, and is it the disk that you think it is?',
    };
  },
};

type Lines = Facts['lines'];

/** Whether the session was on the process that was not stopped. Without files its lines are gone. */
function wasThere(lines: Lines, restart: TraceLine, session: Facts['session']): boolean {
  const former = textOf(restart, 'former');
  const isOlder = session !== undefined && timeOf(session.created_at) < restart.time;
  if (former) return (isOlder && session.node === former) || wasOn(lines, restart, former);
  const isOfOther = (line: TraceLine) => line.started_at !== restart.started_at;
  return isOlder || lines.some((line) => line.time < restart.time && isOfOther(line));
}

const backAgain = (back: TraceLine | undefined): string =>
  back
    ? `Its client was back on ${back.node} at ${clockTime(back.time)}.`
    : 'Its client has not come back since.';
