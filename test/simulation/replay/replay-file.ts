/** `npm run simulate -- --trace FILE`: reads an exported trace part by part, and names the first decision that differs. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readLine } from '../../../packages/server/src/observe/session-trace/line.js';
import type { Say } from '../../harness/program.js';
import { LineScanner } from './line-scanner.js';
import { TraceReplay } from './trace-replay.js';

const GIB = 1024 ** 3;
/** More than a server keeps by default; a page of a trace has 10,000 lines. */
const MAX_BYTES = 2 * GIB;

/** Resolves with whether all decisions were made again, and each is as the trace has it. Says what it found. */
export async function replayFile(path: string, say: Say): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return fail(say, `${path} is no file that can be read.`);
  if (found.size === 0) return fail(say, `${path} is empty.`);
  if (found.size > MAX_BYTES) {
    const size = (found.size / GIB).toFixed(1);
    return fail(say, `${path} has ${size} GiB; 2 GiB are replayed at most. Export a shorter time.`);
  }
  try {
    return await replay(path, say);
  } catch (error) {
    return fail(say, `${path} is no trace: ${(error as Error).message}`);
  }
}

async function replay(path: string, say: Say): Promise<boolean> {
  const scanner = new LineScanner();
  const replayed = new TraceReplay();
  let lines = 0;
  for await (const part of createReadStream(path, 'utf8')) {
    for (const { at, text } of scanner.scan(part)) {
      const line = readLine(text);
      // What is around the lines of NDJSON.
      if (!line) continue;
      lines += 1;
      const differs = replayed.take(line);
      if (!differs) continue;
      const { what, traced, decided } = differs;
      say(`Line ${at} (${line.step}, seq ${line.seq} of ${line.node}): ${what} differs.`);
      say(`  The trace has ${show(traced)}, the core decides ${show(decided)}.`);
      return false;
    }
  }
  if (lines === 0) return fail(say, `${path} has no line of a session trace.`);
  if (scanner.isTorn) say(`${path} is cut short: its torn last line is skipped.`);
  if (replayed.decisions === 0) {
    const how = 'Watch the session in detail first: docs/trace.md says how.';
    return fail(say, `None of its ${lines} lines holds a decision. ${how}`);
  }
  say(`${replayed.decisions} decisions in ${lines} lines were made again, and all agree.`);
  return true;
}

const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

function fail(say: Say, why: string): false {
  say(why);
  return false;
}
