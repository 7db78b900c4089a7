/**
 * Sends the appends of several logs as one command, because the overhead of a command exceeds the work of a small
 * append. On a cluster each log has a separate slot and therefore a separate command.
 */

import type { Commit } from './commit.js';
import { type Answer, refusal } from './redis-client.js';
import { listOf, textOf } from './replies.js';
import type { ScriptCommand } from './script.js';

/** Bounds the time for which one command blocks Redis to some milliseconds. */
const MAX_LOGS = 64;
/** A group with this many bytes of events takes no further log. */
const MAX_BYTES = 256 * 1024;

export function groupsOf(
  commits: readonly Commit[],
  together: boolean,
): readonly (readonly Commit[])[] {
  if (!together) return commits.map((commit) => [commit]);
  const groups: Commit[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const commit of commits) {
    const group = groups.at(-1);
    if (group && bytes < MAX_BYTES && group.length < MAX_LOGS) group.push(commit);
    else {
      groups.push([commit]);
      bytes = 0;
    }
    for (const { size } of commit.encoded) bytes += size;
  }
  return groups;
}

/** @param repeated whether all of them were sent before */
export const commandOf = (group: readonly Commit[], repeated: boolean): ScriptCommand => ({
  script: 'append',
  keys: group.flatMap(({ keys }) => keys),
  parts: group.flatMap(({ args, pieces }) => [{ ...args, repeated }, ...pieces]),
});

/** Splits a group's answer into the answers to its logs. */
export function answersOf(
  group: readonly Commit[],
  answer: Answer | undefined,
): readonly (Answer | undefined)[] {
  if (answer?.kind !== 'reply') return group.map(() => answer);
  const replies = listOf(answer.reply);
  return group.map((_, index): Answer => {
    const text = textOf(replies[index]);
    return text.startsWith('!')
      ? { kind: 'failed', error: refusal(new Error(text.slice(1))) }
      : { kind: 'reply', reply: text };
  });
}
