/** What LMDB's statistics say of its file. */

import type { FileUse } from './disk-space.js';

interface TreeStatistics {
  readonly treeBranchPageCount?: number;
  readonly treeLeafPageCount?: number;
  readonly overflowPages?: number;
}

export interface Statistics extends TreeStatistics {
  readonly entryCount?: number;
  readonly lastPageNumber?: number;
  readonly pageSize?: number;
  /** The tree of free pages. */
  readonly free?: TreeStatistics;
}

/** The first two pages, which name the newest trees. */
const META_PAGES = 2;

/** LMDB does not count its free pages: they are those that belong to no tree. */
export function useOf(tables: readonly Statistics[], main: Statistics): FileUse {
  const { pageSize: pageBytes = 0, lastPageNumber = 0, free: freeTree = {} } = main;
  const all = [...tables, main, freeTree];
  const trees = all.reduce(
    (sum, { treeBranchPageCount = 0, treeLeafPageCount = 0 }) =>
      sum + treeBranchPageCount + treeLeafPageCount,
    0,
  );
  const large = all.reduce((sum, { overflowPages = 0 }) => sum + overflowPages, 0);
  const pages = lastPageNumber + 1;
  return {
    pageBytes,
    end: pages * pageBytes,
    free: Math.max(0, pages - META_PAGES - trees - large) * pageBytes,
    trees: trees * pageBytes,
  };
}

/** lmdb-js types them as unknown. */
export const statisticsOf = (database: { getStats(): unknown } | undefined): Statistics =>
  (database?.getStats() ?? {}) as Statistics;
