/** The span of a user's message, from its arrival until it is durable. */

import type { Result } from '@session-monitor/protocol';
import { appendWithin, codeOf } from './append-span.js';
import { RunSpan } from './run-span.js';
import type { AttributesOf, TimedSpan } from './timed-span.js';

export interface MessageSpanDeps {
  readonly span: TimedSpan<'session_monitor.message'>;
  /** What names the thread and the node. */
  readonly place: AttributesOf<'session_monitor.append'>;
  readonly thread_id: string;
  readonly genAi: boolean;
}

/** What became of a message. */
interface Submitted {
  readonly record: { readonly run_id: string };
  /** Whether the message had its run before. */
  readonly isRepeated: boolean;
}

export class MessageSpan {
  readonly #deps: MessageSpanDeps;

  constructor(deps: MessageSpanDeps) {
    this.#deps = deps;
  }

  /** What the run's record keeps of it; undefined unless it is sampled. */
  get traceparent(): string | undefined {
    return this.#deps.span.traceparent;
  }

  /** Submits the message, and ends the span with what becomes of it. */
  async submit<T extends Submitted>(submit: () => Promise<Result<T>>): Promise<Result<T>> {
    const { span } = this.#deps;
    try {
      const submitted = await submit();
      if (!submitted.ok) span.fail(submitted.fault.code);
      else {
        const { record, isRepeated } = submitted.value;
        span.set({
          'session_monitor.run_id': record.run_id,
          'session_monitor.repeated': isRepeated,
        });
      }
      return submitted;
    } catch (error) {
      span.fail(codeOf(error));
      throw error;
    } finally {
      span.end();
    }
  }

  /** Appends the run's first event. */
  append<T>(run_id: string, append: () => Promise<T>): Promise<T> {
    const { span, place } = this.#deps;
    return appendWithin(span, { ...place, 'session_monitor.run_id': run_id }, append);
  }

  /** Starts the span of the message's run. */
  run(run_id: string): RunSpan {
    const { place, thread_id, genAi } = this.#deps;
    const above = this.#deps.span;
    const ids = { ...place, 'session_monitor.run_id': run_id };
    const span = above.isRecording ? above.child('session_monitor.run', ids) : undefined;
    return new RunSpan({ span, above, ids, thread_id, genAi });
  }
}
