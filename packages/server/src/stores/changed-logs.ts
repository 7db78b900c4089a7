/** The logs that a process has appended to, until the clean-up takes them. Shared by the stores. */

/** The clean-up takes them every few seconds. What is beyond, or what a crash forgets, its walk over all logs finds. */
const MOST = 100_000;

export class ChangedLogs {
  /** In the order in which they changed first. */
  readonly #log_ids = new Set<string>();

  add(log_id: string): void {
    if (this.#log_ids.size < MOST) this.#log_ids.add(log_id);
  }

  take(limit: number): readonly string[] {
    const taken: string[] = [];
    for (const log_id of this.#log_ids) {
      if (taken.length === limit) break;
      taken.push(log_id);
      this.#log_ids.delete(log_id);
    }
    return taken;
  }
}
