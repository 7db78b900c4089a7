/** Long lists, a page at a time. */

/** The wanted page of a list: `limit` entries after the one called `after`. */
export interface PageRequest {
  readonly after: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** The `after` of the next page; null at the end. */
  readonly next: string | null;
}
