/** The span of a reply, from when it is accepted until its end is durable. The responder runs within it. */

import type { RunEnd } from '@session-monitor/protocol/rules';
import { appendWithin } from './append-span.js';
import { genAiAttributes } from './gen-ai.js';
import type { AttributesOf, TimedSpan } from './timed-span.js';

export interface RunSpanDeps {
  /** Undefined if the message is not sampled: then the run needs no span, and its calls are below that of the message. */
  readonly span: TimedSpan<'session_monitor.run'> | undefined;
  readonly above: TimedSpan<'session_monitor.message'>;
  /** What names the run and its node. */
  readonly ids: AttributesOf<'session_monitor.append'>;
  readonly thread_id: string;
  readonly genAi: boolean;
}

export class RunSpan {
  readonly #deps: RunSpanDeps;
  #parts = 0;

  constructor(deps: RunSpanDeps) {
    this.#deps = deps;
  }

  /** The runs before it have ended. */
  onTurn(): void {
    this.#deps.span?.event('session_monitor.turn');
  }

  onPart(): void {
    this.#parts += 1;
  }

  /** Appends the run's end. */
  append<T>(append: () => Promise<T>): Promise<T> {
    const { span, ids } = this.#deps;
    return span ? appendWithin(span, ids, append) : append();
  }

  /** Runs what the responder does: the spans of its calls are below this one. */
  within<T>(work: () => T): T {
    const { span, above } = this.#deps;
    return (span ?? above).within(work);
  }

  /** @param status that of the run; `fenced` if another node has ended it */
  onFinished(status: string, end: RunEnd | undefined): void {
    const { span, thread_id, genAi } = this.#deps;
    span?.set({
      'session_monitor.status': status,
      ...(genAi && genAiAttributes(thread_id, end?.usage)),
    });
    if (end?.error) span?.fail(end.error.code);
    else if (status === 'fenced') span?.fail(status);
  }

  /** The run's end could not be written. */
  onError(code: string): void {
    this.#deps.span?.fail(code);
  }

  end(): void {
    const { span } = this.#deps;
    span?.set({ 'session_monitor.parts': this.#parts });
    span?.end();
  }
}
