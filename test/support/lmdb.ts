import {
  type Environment,
  type LmdbStoreOptions,
  openLmdbStore,
} from '@session-monitor/server/lmdb';

/** Opens an LMDB store, and shows the tables of its file. */
export async function openWithTables(options: LmdbStoreOptions) {
  let environment: Environment | undefined;
  const store = await openLmdbStore({
    ...options,
    wrapEnvironment: (opened) => {
      environment = opened;
      return options.wrapEnvironment?.(opened) ?? opened;
    },
  });
  if (!environment) throw new Error('The store was opened without its environment');
  return { store, environment };
}
