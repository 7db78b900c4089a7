/** Long lists, a page at a time. */

/** Which page of a list is wanted: `limit` entries after the one called `after`. */
export interface PageRequest {
  readonly after: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** What to give as `after` for the next page; null at the end. */
  readonly next: string | null;
}
