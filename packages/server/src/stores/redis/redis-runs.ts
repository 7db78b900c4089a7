/**
 * Runs on Redis: a run lives with its thread. Two indexes of all threads list the open runs, and the ended ones by
 * time. The indexes are in other slots, so a run is added before it begins and again after. The store trusts an
 * index entry only after reading the run.
 */

import type { NewRun, RunKey, RunRecord, RunStatus, RunStore } from '../store.js';
import type { Reply } from './connection.js';
import { runMember, runOfMember } from './keys.js';
import { describeRun, isPublished } from './pending-append.js';
import type { RedisTools } from './redis-client.js';
import { listOf, numberOf, textOf, textsOf } from './replies.js';
import type { Command } from './script.js';

/** An index entry without a run for so long is stale: its node never began the run. */
const NEVER_BEGUN_MS = 60_000;

export class RedisRuns implements RunStore {
  readonly #deps: RedisTools;
  /** Entries without a run, with the time when they were first seen. */
  #missing: ReadonlyMap<string, number> = new Map();

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
    const open: RunRecord[] = [];
    const missing = new Map<string, number>();
    for (const [index, reply] of found.entries()) {
      const [run, member = ''] = [runOf(reply), members[index]];
      if (run?.status === 'running') open.push(run);
      // The process that should have moved it is gone, or is moving it now.
      else if (run?.ended_at != null) await this.ended(run.thread_id, run.run_id, run.ended_at);
      else missing.set(member, this.#missing.get(member) ?? clock.now());
    }
    await this.#drop([...missing].filter(([, since]) => clock.now() - since > NEVER_BEGUN_MS));
    this.#missing = missing;
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

  /** Moves a run from the open ones to those that have ended. Rejects if Redis does not answer. */
  async ended(thread_id: string, run_id: string, ended_at: number): Promise<void> {
    const { keys, writes } = this.#deps;
    const member = runMember(thread_id, run_id);
    await writes.ask({ name: 'ZADD', args: [keys.endedRuns, ended_at, member] });
    await writes.ask({ name: 'SREM', args: [keys.openRuns, member] });
    // A failover may have lost the end meanwhile: then the run is open, and must be found when its lease is over. An
    // ended one that stays in the index because Redis does not answer is moved again.
    const run = { thread_id, run_id };
    const isOpen = (known?: RunRecord) => known?.status === 'running';
    const isLost = await this.get(run).then(isOpen, () => true);
    // mutant: redis-a-run-whose-end-is-lost-is-not-found
    if (isLost) await writes.ask(this.#enter(run));
  }

  async #drop(entries: readonly (readonly [member: string, since: number])[]): Promise<void> {
    if (entries.length === 0) return;
    const members = entries.map(([member]) => member);
    const args = [this.#deps.keys.openRuns, ...members];
    await this.#deps.writes.ask({ name: 'SREM', args });
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
