/**
 * Runs on Redis: a run lives with its thread. Two indexes of all threads list the open runs, and the ended ones by
 * time. The indexes are in other slots, so a run is added before it begins and again after. The store trusts an
 * index entry only after reading the run. A run that has ended stays among the open ones for a while: a failover may
 * still lose its end.
 */

import type { NewRun, RunKey, RunRecord, RunStatus, RunStore } from '../store.js';
import type { Reply } from './connection.js';
import { runMember, runOfMember } from './keys.js';
import { describeRun, isPublished } from './pending-append.js';
import type { RedisTools } from './redis-client.js';
import { listOf, numberOf, textOf, textsOf } from './replies.js';
import type { Command } from './script.js';

/**
 * An index entry that has shown no open run for so long is stale: its node never began the run, or replicas have long had
 * the run's end.
 */
const STALE_MS = 60_000;

export class RedisRuns implements RunStore {
  readonly #deps: RedisTools;
  /** Entries without an open run, with the time when they were first seen. */
  #closed: ReadonlyMap<string, number> = new Map();

  constructor(deps: RedisTools) {
    this.#deps = deps;
  }

  async start(run: NewRun): Promise<RunRecord | undefined> {
    const { writes } = this.#deps;
    const { runs, runIds } = this.#keysOf(run);
    const start: Command = {
      script: 'start-run',
      keys: [runs, runIds],
      args: {
        run: run.run_id,
        begin: describeRun(run),
        lease: run.lease_until,
        published: isPublished(run),
      },
    };
    await writes.ask(this.#enter(run));
    if (numberOf(await writes.ask(start)) !== 1) return undefined;
    // Another node may have dropped the entry in between, because it found no run.
    await writes.ask(this.#enter(run));
    return { ...run, token: 1, status: 'running', ended_at: null };
  }

  async get(run: RunKey): Promise<RunRecord | undefined> {
    return runOf(await this.#deps.reads.ask(this.#get(run)));
  }

  async takeOver(run: RunKey): Promise<RunRecord | undefined> {
    const { runs } = this.#keysOf(run);
    const args = { run: run.run_id };
    return runOf(await this.#deps.writes.ask({ script: 'take-run', keys: [runs], args }));
  }

  async renew(run: RunKey, token: number, lease_until: number): Promise<boolean> {
    const { runs } = this.#keysOf(run);
    const args = { run: run.run_id, token, lease: lease_until };
    const [renewed] = await this.#deps.writes.askEach([
      { script: 'renew-run', keys: [runs], args },
      this.#enter(run),
    ]);
    return numberOf(renewed) === 1;
  }

  async open(): Promise<readonly RunRecord[]> {
    const { keys, reads, clock } = this.#deps;
    const members = textsOf(await reads.ask({ name: 'SMEMBERS', args: [keys.openRuns] }));
    const found = await reads.askEach(members.map((member) => this.#get(runOfMember(member))));
    const now = clock.now();
    const open: RunRecord[] = [];
    const ended: RunRecord[] = [];
    const closed = new Map<string, number>();
    const stale: string[] = [];
    for (const [index, member] of members.entries()) {
      const run = runOf(found[index]);
      if (run?.status === 'running') {
        open.push(run);
        continue;
      }
      const since = this.#closed.get(member);
      closed.set(member, since ?? now);
      // mutant: redis-an-ended-run-leaves-the-index-at-once
      const isStale = since !== undefined && now - since > STALE_MS;
      if (isStale) stale.push(member);
      // Again with the removal: a failover may have lost the first one.
      if (run && (since === undefined || isStale)) ended.push(run);
    }
    await this.#enterEnded(ended);
    await this.#drop(stale);
    this.#closed = closed;
    return open;
  }

  async ofThread(thread_id: string, after: string, limit: number): Promise<readonly RunRecord[]> {
    const { runs, runIds } = this.#deps.keys.log(thread_id);
    const args = { after, limit };
    const reply = await this.#deps.reads.ask({ script: 'list-runs', keys: [runs, runIds], args });
    return listOf(reply).flatMap((each) => runOf(each) ?? []);
  }

  async remove(run: RunKey): Promise<void> {
    const { keys, writes } = this.#deps;
    const removed = await writes.ask(this.#remove(run));
    if (removed === null) return;
    await writes.ask({ name: 'ZREM', args: [keys.endedRuns, memberOf(run)] });
  }

  async prune(wall: number, limit: number): Promise<readonly RunRecord[]> {
    const { keys, reads, writes } = this.#deps;
    const args = [keys.endedRuns, '-inf', `(${wall}`, 'LIMIT', 0, limit];
    const members = textsOf(await reads.ask({ name: 'ZRANGEBYSCORE', args }));
    if (members.length === 0) return [];
    const removed = await writes.askEach(members.map((each) => this.#remove(runOfMember(each))));
    await writes.ask({ name: 'ZREM', args: [keys.endedRuns, ...members] });
    return removed.flatMap((each) => runOf(each) ?? []);
  }

  async #enterEnded(runs: readonly RunRecord[]): Promise<void> {
    if (runs.length === 0) return;
    const scored = runs.flatMap((run) => [run.ended_at ?? 0, memberOf(run)]);
    await this.#deps.writes.ask({ name: 'ZADD', args: [this.#deps.keys.endedRuns, ...scored] });
  }

  async #drop(members: readonly string[]): Promise<void> {
    if (members.length === 0) return;
    await this.#deps.writes.ask({ name: 'SREM', args: [this.#deps.keys.openRuns, ...members] });
  }

  #keysOf({ thread_id }: RunKey) {
    return this.#deps.keys.log(thread_id);
  }

  #get(run: RunKey): Command {
    return { script: 'get-run', keys: [this.#keysOf(run).runs], args: { run: run.run_id } };
  }

  #remove(run: RunKey): Command {
    const { runs, runIds } = this.#keysOf(run);
    return { script: 'remove-run', keys: [runs, runIds], args: { run: run.run_id } };
  }

  #enter(run: RunKey): Command {
    return { name: 'SADD', args: [this.#deps.keys.openRuns, memberOf(run)] };
  }
}

const memberOf = ({ thread_id, run_id }: RunKey): string => runMember(thread_id, run_id);

/** Reads the answer of `show`: the run as it was begun, and its state. */
function runOf(reply: Reply | undefined): RunRecord | undefined {
  const [begun, state] = listOf(reply);
  if (begun === undefined) return undefined;
  const [token, status, lease_until, ended_at] = textOf(state).split(' ');
  return {
    ...(JSON.parse(textOf(begun)) as Omit<NewRun, 'lease_until'>),
    lease_until: Number(lease_until),
    token: Number(token),
    status: status as 'running' | RunStatus,
    ended_at: ended_at === '0' ? null : Number(ended_at),
  };
}
