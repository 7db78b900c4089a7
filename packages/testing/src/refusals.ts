/** What the server refuses, and how often. */

import type { Fault } from '@session-monitor/protocol';

/** What a monitor asks of a server: to be registered, to go on, to take an event, to reply. */
export type RequestKind = 'register' | 'resume' | 'send' | 'ask';

interface Refusing {
  readonly request: RequestKind;
  readonly fault: Fault;
  left: number;
}

export class Refusals {
  #refusing: readonly Refusing[] = [];

  add(request: RequestKind, fault: Fault, times: number): void {
    this.#refusing = [...this.#refusing, { request, fault, left: times }];
  }

  clear(): void {
    this.#refusing = [];
  }

  /** Why a request is refused; undefined if it is not. Counts it. */
  take(request: RequestKind): Fault | undefined {
    const found = this.#refusing.find((each) => each.request === request);
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#refusing = this.#refusing.filter((each) => each !== found);
    return found.fault;
  }
}
