/** An ephemeral event on its way to many readers: each form of it is encoded once. */

import type { Json, ThreadEphemeral } from '@session-monitor/protocol';

export class EphemeralEvent implements ThreadEphemeral {
  readonly thread_id: string;
  readonly event: string;
  readonly data: Json;
  readonly #encoded = new Map<string, string>();

  constructor({ thread_id, event, data }: ThreadEphemeral) {
    this.thread_id = thread_id;
    this.event = event;
    this.data = data;
  }

  /** @param form distinguishes the packets of different dialects and namespaces */
  encoded(form: string, encode: () => string): string {
    const known = this.#encoded.get(form);
    if (known !== undefined) return known;
    const text = encode();
    this.#encoded.set(form, text);
    return text;
  }
}
