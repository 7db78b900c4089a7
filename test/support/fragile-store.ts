/** A store in memory that fails when a test says so. */

import { storageFullFault } from '@session-monitor/protocol/rules';
import { createMemoryStore, ServerError, type Store } from '@session-monitor/server';

/**
 * What becomes of what the store is asked. `full`: it refuses what writes. `away`: its answers are errors. `broken`: it
 * throws before it answers, as a bug would.
 */
export type StoreCondition = 'well' | 'full' | 'away' | 'broken';

export interface FragileStore {
  readonly store: Store;
  condition: StoreCondition;
}

const PARTS = ['logs', 'threads', 'sessions', 'runs'] as const;
/** Methods that a full store refuses. */
const WRITES = ['open', 'append', 'delete', 'update'];
/** What a server calls all the time, and expects an answer of at once. */
const ALWAYS = ['takeChanged', 'follow'];

export function createFragileStore(condition: StoreCondition = 'well'): FragileStore {
  const store = createMemoryStore();
  const fragile = { condition } as FragileStore & { store: Store };
  const parts = PARTS.map((name) => [name, guard(store[name], fragile)]);
  const space = {
    get isFull(): boolean {
      if (fragile.condition === 'broken') throw new Error('The store is broken');
      return fragile.condition === 'full';
    },
    onRefusal: () => () => {},
  };
  fragile.store = { ...store, ...Object.fromEntries(parts), space };
  return fragile;
}

const guard = <T extends object>(part: T, fragile: Pick<FragileStore, 'condition'>): T =>
  new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const failure = failureOf(fragile.condition, String(name));
        if (failure && fragile.condition === 'broken') throw failure;
        return failure ? Promise.reject(failure) : member.apply(target, args);
      };
    },
  });

function failureOf(condition: StoreCondition, name: string): Error | undefined {
  if (condition === 'well' || ALWAYS.includes(name)) return undefined;
  if (condition !== 'full') return new Error(`The store is ${condition}`);
  if (!WRITES.includes(name)) return undefined;
  return new ServerError('ERR_REFUSED', storageFullFault.message, { fault: storageFullFault });
}
