/** Findings about the server that carries a session: it was lost, killed or drained, or it is slow. */

import type { TraceLine } from '../session-trace/line.js';
import type { Facts } from './facts.js';
import { cameAfter, newest, numberOf, SERVED, textOf } from './lines.js';
import { type Rules, timeOf } from './rule.js';
import { clockTime, counted, span } from './words.js';

/** A loop that is as late is felt: words stand still for as long. */
const LATE_LOOP_MS = 200;
const LATE_LOOP_NOW_MS = 100;
/** A commit takes some milliseconds, on a busy disk tens. */
const SLOW_COMMIT_MS = 250;

export const serverRules: Rules<
  'node_lost' | 'server_killed' | 'server_drained' | 'storage_full' | 'loop_blocked' | 'store_slow'
> = {
  node_lost({ lines }) {
    const lost = newest(lines, 'node_lost', (line) => wasOn(lines, line, textOf(line, 'lost')));
    if (!lost) return undefined;
    const name = textOf(lost, 'lost');
    return {
      at: lost.time,
      ongoing: !cameAfter(lines, lost, ...SERVED),
      title: `The node that carried the session, ${name}, was lost.`,
      evidence: [
        `${clockTime(lost.time)} node ${lost.node} noticed it and took over ${counted(numberOf(lost, 'runs'), 'reply', 'replies')}.`,
        backAgain(lines, lost),
      ],
      next: `Look at the machine and the log of ${name}: was the process killed, frozen, or cut off from Redis?`,
    };
  },

  server_killed({ lines, session }) {
    // Its lines of before are gone if they were in memory.
    const wasThere = (line: TraceLine) =>
      (session !== undefined && timeOf(session.created_at) < line.time) ||
      lines.some((each) => each.time < line.time && each.started_at !== line.started_at);
    const restart = newest(lines, 'not_stopped', wasThere);
    if (!restart) return undefined;
    const lastAt = numberOf(restart, 'last_at');
    return {
      at: restart.time,
      ongoing: !cameAfter(lines, restart, ...SERVED),
      title:
        'The server process that carried the session was not stopped properly: it was killed, or it crashed.',
      evidence: [
        ...(lastAt > 0 ? [`Its last step was at ${clockTime(lastAt)}.`] : []),
        `${clockTime(restart.time)} it was started again; ${counted(numberOf(restart, 'runs'), 'reply was', 'replies were')} interrupted.`,
        backAgain(lines, restart),
      ],
      next: "Look at the end of the server's log and at the system's (out of memory, kill, crash). Stop it with SIGTERM, so that it drains.",
    };
  },

  server_drained({ lines }) {
    const drain = newest(lines, 'drain', (line) => wasOn(lines, line, line.node));
    if (!drain) return undefined;
    return {
      at: drain.time,
      ongoing: !cameAfter(lines, drain, ...SERVED),
      title: `The node ${drain.node} was drained: a deployment, or a stop that was asked for.`,
      evidence: [
        `${clockTime(drain.time)} it asked ${counted(numberOf(drain, 'connections'), 'connection')} to move.`,
        backAgain(lines, drain),
      ],
      next: 'Nothing, if it was planned. If clients waited for long: see the drain window and RECONNECTS_PER_SECOND.',
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
    const line = newest(lines, 'loop_blocked', (each) => numberOf(each, 'ms') >= LATE_LOOP_MS);
    if (late < LATE_LOOP_NOW_MS && !line) return undefined;
    const isLate = late >= LATE_LOOP_NOW_MS;
    return {
      at: isLate || !line ? now : line.time,
      ongoing: isLate,
      title: "The event loop of the server's process was blocked: nothing was sent meanwhile.",
      evidence: [
        ...(isLate ? [`It is ${span(late)} late now.`] : []),
        ...(line
          ? [`${clockTime(line.time)} it stood still for ${span(numberOf(line, 'ms'))}.`]
          : []),
      ],
      next: "Look for long synchronous work in the app (large JSON, synchronous files, regular expressions), and at the machine's load. `node --cpu-prof` shows what it is.",
    };
  },

  store_slow({ now, node }) {
    const commitMs = node?.commit_ms ?? 0;
    if (commitMs < SLOW_COMMIT_MS) return undefined;
    return {
      at: now,
      ongoing: true,
      title: 'The store is slow: an event is sent only when it is durable.',
      evidence: [`A commit took ${span(commitMs)} on average over the last minute.`],
      next: 'Look at the disk (or Redis and its replica): what else writes to it, and is it the disk that you think it is?',
    };
  },
};

/** Whether the session was on a node when something happened there. */
function wasOn(lines: Facts['lines'], step: TraceLine, node: string): boolean {
  const before = lines.slice(0, lines.indexOf(step));
  const last = before.findLast((line) => 'session_id' in line);
  const after = lines.slice(lines.indexOf(step) + 1);
  return last?.node === node || after.some((line) => line.former_node === node);
}

/** When its client had it again. */
function backAgain(lines: Facts['lines'], line: TraceLine): string {
  const back = lines
    .slice(lines.indexOf(line) + 1)
    .find(({ step }) => (SERVED as readonly string[]).includes(step));
  return back
    ? `${clockTime(back.time)} its client was back on ${back.node}, ${span(back.time - line.time)} later.`
    : 'Its client has not come back since.';
}
