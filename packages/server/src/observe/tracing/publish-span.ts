/** The span of a client's event, from its arrival until it is durable. */

import type { Result } from '@session-monitor/protocol';
import { codeOf } from './append-span.js';
import { writeMark } from './mark.js';
import type { AttributesOf, TimedSpan } from './timed-span.js';

/** A publish that has begun. */
interface Begun {
  /** Resolves with the event's offset when it is durable. */
  readonly published: Promise<Result<number>>;
}

export class PublishSpan {
  /** What the append tells the followers of the log; undefined unless the span is sampled. */
  readonly mark: string | undefined;
  readonly #span: TimedSpan<'session_monitor.publish'>;
  readonly #place: AttributesOf<'session_monitor.append'>;

  constructor(
    span: TimedSpan<'session_monitor.publish'>,
    place: AttributesOf<'session_monitor.append'>,
  ) {
    this.#span = span;
    this.#place = place;
    this.mark = writeMark(span.traceparent, 'event');
  }

  /** Calls `begin`, and ends the span when what it begins has ended. */
  async publish<T extends Begun>(begin: () => Promise<Result<T>>): Promise<Result<T>> {
    const append = this.#span.isRecording
      ? this.#span.child('session_monitor.append', this.#place)
      : undefined;
    const fail = (code: string) => {
      append?.fail(code);
      this.#span.fail(code);
    };
    const settle = (published: Result<unknown>) => {
      if (!published.ok) fail(published.fault.code);
      else this.#span.set({ 'session_monitor.offset': Number(published.value) });
      end();
    };
    const end = () => {
      append?.end();
      this.#span.end();
    };
    const failed = (error: unknown) => {
      fail(codeOf(error));
      end();
    };
    try {
      const begun = await begin();
      if (begun.ok) begun.value.published.then(settle, failed);
      else settle(begun);
      return begun;
    } catch (error) {
      failed(error);
      throw error;
    }
  }
}
