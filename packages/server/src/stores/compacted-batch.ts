/** A compacted range as readers get it: a batch with one event that covers several offsets. */

import { EventBatch } from './event-batch.js';
import type { CompactedRange } from './store.js';

export class CompactedBatch extends EventBatch {
  readonly #last: number;

  /** @param tag that of the range's last offset, so that the cursor after it is the one after the events */
  constructor({ first, last, event }: CompactedRange, tag: string) {
    // On the wire an entry is `[name, data, span]`.
    const payload = `${event.slice(0, -1)},${last - first + 1}]`;
    super({
      first,
      tag,
      payload,
      at: 0,
      cumulativeBytes: 0,
      ends: [Buffer.byteLength(payload)],
    });
    this.#last = last;
  }

  override get last(): number {
    return this.#last;
  }

  /** The event without its `span`: `["name",data]`. */
  get event(): string {
    const text = this.text();
    return `${text.slice(0, text.lastIndexOf(','))}]`;
  }

  /** A compacted range is never split. */
  override start(): number {
    return 0;
  }

  override end(): number {
    return this.size;
  }

  override text(): string {
    return String(this.source);
  }
}
