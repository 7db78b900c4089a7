/**
 * Several logs' appends as one command: what Redis and we do for each command is more than what is in a small
 * one. On a cluster each log has a slot of its own, and a command.
 */

import type { Commit } from './commit.js';
import { type Answer, refusal } from './redis-client.js';
import { listOf, textOf } from './replies.js';
import type { Script, ScriptCommand } from './script.js';

/** Redis does nothing else meanwhile: some milliseconds. */
const MAX_LOGS = 64;
/** Of events, before a further log is begun. */
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

/** @param repeated whether they have been asked before, all of them */
export function commandOf(
  script: Script,
  group: readonly Commit[],
  repeated: boolean,
): ScriptCommand {
  const args = (again: boolean) => {
    const all: (string | number)[] = [];
    for (const commit of group) {
      const own = commit.args(again);
      all.push(own.length);
      for (const arg of own) all.push(arg);
    }
    return all;
  };
  return {
    script,
    keys: group.flatMap(({ keys }) => keys),
    args: args(repeated),
    again: () => args(true),
  };
}

/** What the answer to a group says to each of its logs. */
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
