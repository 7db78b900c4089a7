/** All clients, in separate processes, as seen from the process that runs the chaos. */

import { join } from 'node:path';
import { helper } from '../../harness/program.js';
import { Child, describeExit } from '../../support/child.js';
import { ROOT } from '../../support/root.js';
import type {
  ClientPoolCounts,
  ClientPoolOrder,
  ClientPoolPlan,
  ClientPoolReport,
  Place,
} from './messages.js';

const CLOCK = join(ROOT, 'test/chaos/server/clock.mjs');

interface Member {
  readonly child: Child;
  report: ClientPoolReport | undefined;
}

export class ClientPool {
  readonly #members: readonly Member[];
  /** Milliseconds without a live session, each time one was lost. */
  readonly recoveries: number[] = [];
  /** Called when a process ends by accident. */
  onAccident: (what: string) => void = () => {};
  #ending = false;

  constructor(plans: readonly ClientPoolPlan[]) {
    this.#members = plans.map((plan) => {
      const child = Child.node(helper('clients'), { execArgv: ['--import', CLOCK] });
      const member: Member = { child, report: undefined };
      child.onMessage((report: ClientPoolReport) => {
        if (!member.report) tell(member, { type: 'open', plan });
        member.report = report;
        this.recoveries.push(...report.recoveries);
      });
      void child.exit.then((exit) => {
        if (this.#ending) return;
        this.onAccident(`a client process ended with ${describeExit(exit)}: ${child.said}`);
      });
      return member;
    });
  }

  get places(): readonly Place[] {
    return this.#members.flatMap(({ report }) => report?.places ?? []);
  }

  get counts(): ClientPoolCounts {
    const sum: ClientPoolCounts = {
      applied: 0,
      pages: 0,
      reconnects: 0,
      registered: {},
      errors: 0,
    };
    for (const { report } of this.#members) {
      if (!report) continue;
      sum.applied += report.counts.applied;
      sum.pages += report.counts.pages;
      sum.reconnects += report.counts.reconnects;
      sum.errors += report.counts.errors;
      for (const [outcome, count] of Object.entries(report.counts.registered)) {
        sum.registered[outcome] = (sum.registered[outcome] ?? 0) + count;
      }
    }
    return sum;
  }

  /** @param which of the processes, as a share of their number */
  freeze(which: number, frozen: boolean): void {
    this.#at(which)?.child.signal(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  shiftClock(which: number, shiftMs: number): void {
    this.#at(which)?.child.tell({ type: 'clock', shiftMs });
  }

  calm(): void {
    for (const member of this.#members) tell(member, { type: 'calm' });
  }

  /** Ends all clients; resolves when all histories are written. */
  async end(): Promise<void> {
    this.#ending = true;
    for (const member of this.#members) tell(member, { type: 'end' });
    await Promise.all(this.#members.map(({ child }) => child.exit));
  }

  close(): void {
    this.#ending = true;
    for (const { child } of this.#members) child.signal('SIGKILL');
  }

  #at(which: number): Member | undefined {
    return this.#members[Math.floor(which * this.#members.length)];
  }
}

const tell = ({ child }: Member, order: ClientPoolOrder): void => child.tell(order);
