/** The requests to the process that opens images, and its answers. */

export interface OpenRequest {
  readonly path: string;
  readonly threads: readonly string[];
  /** Appends that are repeated under their message ids: the store must recognize them. */
  readonly repeats: readonly {
    readonly thread_id: string;
    readonly id: string;
    readonly count: number;
  }[];
}

export interface ThreadImage {
  readonly thread_id: string;
  readonly epoch: string;
  readonly base: number;
  readonly offset: number;
  /** The image's events: the append and the number of each, or null for a text that was never written. */
  readonly events: readonly (readonly [id: string, index: number] | null)[];
}

export interface Repeated {
  readonly id: string;
  readonly outcome: string;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

export type Opened =
  | {
      readonly result: 'opened';
      readonly threads: readonly ThreadImage[];
      readonly openRuns: readonly string[];
      readonly repeated: readonly Repeated[];
    }
  /** A coded error, at the start or later. */
  | {
      readonly result: 'refused';
      readonly when: 'open' | 'read';
      readonly code: string;
      readonly message: string;
    }
  /** An error without a code, or the end of the process. */
  | { readonly result: 'crashed'; readonly message: string }
  | { readonly result: 'hung' };
