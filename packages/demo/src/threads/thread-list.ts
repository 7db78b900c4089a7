/** The conversations of this server, as it lists them; read again when something may have changed. */

import { readThreadPage, type ThreadEntry, type ThreadPage } from './thread-entry.js';

export class ThreadList {
  readonly #send: typeof fetch;
  readonly #onChange: () => void;
  /** Null if the server lists none to this page. */
  #pages: readonly ThreadPage[] | null = null;
  #reading: Promise<void> | undefined;
  #stale = false;

  /** @param onChange when {@link entries} are others */
  constructor(send: typeof fetch, onChange: () => void) {
    this.#send = send;
    this.#onChange = onChange;
  }

  /** The newest activity first; null if there is no list for this page. */
  get entries(): readonly ThreadEntry[] | null {
    return this.#pages?.flatMap(({ entries }) => entries) ?? null;
  }

  get hasMore(): boolean {
    return (this.#pages?.at(-1)?.cursor ?? null) !== null;
  }

  /** Reads what is shown again: once more after a reading that is under way. */
  async refresh(): Promise<void> {
    if (this.#reading) {
      this.#stale = true;
      return this.#reading;
    }
    this.#reading = this.#readAgain();
    await this.#reading;
    this.#reading = undefined;
    if (!this.#stale) return;
    this.#stale = false;
    await this.refresh();
  }

  /** Reads the next page, behind those that are shown. */
  async more(): Promise<void> {
    const cursor = this.#pages?.at(-1)?.cursor ?? null;
    const next = cursor === null ? undefined : await this.#read(cursor);
    if (!next || !this.#pages) return;
    const known = new Set(this.entries?.map(({ thread_id }) => thread_id));
    const entries = next.entries.filter(({ thread_id }) => !known.has(thread_id));
    this.#become([...this.#pages, { ...next, entries }]);
  }

  async #readAgain(): Promise<void> {
    const pages: ThreadPage[] = [];
    const wanted = Math.max(1, this.#pages?.length ?? 1);
    let cursor: string | null = null;
    do {
      const page: ThreadPage | undefined = await this.#read(cursor);
      // While the server is away the list stays as it was.
      if (page === undefined) return;
      pages.push(page);
      cursor = page.cursor;
    } while (cursor !== null && pages.length < wanted);
    this.#become(pages);
  }

  /** Undefined if the server does not answer, or refuses. */
  async #read(cursor: string | null): Promise<ThreadPage | undefined> {
    const query = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    try {
      const response = await this.#send(`threads${query}`);
      return response.ok ? readThreadPage(await response.json()) : undefined;
    } catch {
      return undefined;
    }
  }

  #become(pages: readonly ThreadPage[]): void {
    this.#pages = pages;
    this.#onChange();
  }
}
