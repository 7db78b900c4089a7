/** The list of conversations: a column, or a separate pane on a narrow screen. */

import { ageOf, type ThreadEntry } from '../threads/thread-entry.js';
import { byId, keepOnly, make, setAttribute, setText } from './dom.js';

export interface ThreadsHandlers {
  /** Shows another conversation. */
  readonly open: (thread_id: string) => void;
  readonly more: () => void;
  /** The address of a conversation. */
  readonly addressOf: (thread_id: string) => string;
}

export interface ThreadsModel {
  /** Null if there is no list for this page. */
  readonly entries: readonly ThreadEntry[] | null;
  readonly hasMore: boolean;
  /** The one that is shown. */
  readonly current: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export class ThreadsView {
  readonly #nav = byId('threads', HTMLElement);
  readonly #toggle = byId('show-threads', HTMLButtonElement);
  readonly #list = byId('thread-list', HTMLElement);
  readonly #empty = byId('no-threads', HTMLElement);
  readonly #more = byId('more-threads', HTMLButtonElement);
  readonly #rows = new Map<string, Row>();
  readonly #handlers: ThreadsHandlers;

  constructor(handlers: ThreadsHandlers) {
    this.#handlers = handlers;
    this.#more.addEventListener('click', handlers.more);
  }

  render({ entries, hasMore, current, now }: ThreadsModel): void {
    this.#nav.hidden = entries === null;
    this.#toggle.hidden = entries === null;
    if (!entries) return;
    this.#empty.hidden = entries.length > 0;
    this.#more.hidden = !hasMore;
    entries.forEach((entry, index) => {
      const row = this.#rowOf(entry);
      row.render(entry, entry.thread_id === current, now);
      // A row that stays is not touched: it may have the focus.
      const there = this.#list.children[index];
      if (there !== row.element) this.#list.insertBefore(row.element, there ?? null);
    });
    keepOnly(
      this.#rows,
      entries.map(({ thread_id }) => thread_id),
    );
  }

  #rowOf({ thread_id }: ThreadEntry): Row {
    const row = this.#rows.get(thread_id) ?? new Row(thread_id, this.#handlers);
    this.#rows.set(thread_id, row);
    return row;
  }
}

class Row {
  readonly element = make('li');
  readonly #title = make('span', 'thread-title');
  readonly #age = make('span', 'thread-age');
  readonly #link = make('a', 'thread-link', this.#title, this.#age);

  constructor(thread_id: string, { open, addressOf }: ThreadsHandlers) {
    this.#link.href = addressOf(thread_id);
    this.#link.addEventListener('click', (event) => {
      // Another tab, another window: as the browser does it.
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      open(thread_id);
    });
    this.element.append(this.#link);
  }

  render({ title, lastActivity, running }: ThreadEntry, isCurrent: boolean, now: number): void {
    setText(this.#title, title);
    setText(this.#age, running ? 'A reply is being written' : ageOf(lastActivity, now));
    this.element.dataset.running = String(running);
    if (isCurrent) setAttribute(this.#link, 'aria-current', 'page');
    else this.#link.removeAttribute('aria-current');
  }
}
