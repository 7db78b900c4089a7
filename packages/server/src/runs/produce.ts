/** Drives a responder: takes its parts one by one until it ends, fails, stalls or is aborted. */

import { RESPONDER_FAILED, type RunEnd } from '@session-monitor/protocol/rules';
import type { Logger } from '../observe/trace.js';
import {
  isResponderError,
  type Responder,
  type ResponderContext,
  type ResponderRequest,
} from '../responders/responder.js';
import type { Clock } from '../util/clock.js';
import { asError, ServerError } from '../util/errors.js';
import { readUsage } from './part.js';
import { endOfAbort } from './run-end.js';

export interface Production {
  readonly responder: Responder;
  readonly request: ResponderRequest;
  readonly context: ResponderContext;
  /**
   * Takes a part. Resolves with whether the run may go on.
   *
   * @throws ResponderError for an invalid part
   */
  readonly append: (part: unknown) => Promise<boolean>;
  /** Called with the first part, before it is written. */
  readonly onFirstPart: () => void;
  /** How long the responder may yield nothing before `onStall` is called. */
  readonly stallAfterMs: number;
  /** Runs what the responder does, for a trace of it. */
  readonly within?: <T>(work: () => T) => T;
  readonly onStall: () => void;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
}

/** Yields to the event loop after so many parts: a memory store with a responder that never waits would block it. */
const PARTS_A_TURN = 64;

/** Resolves with how the run ends; undefined if another node has ended it. Rejects if the store fails. */
export async function produce(production: Production): Promise<RunEnd | undefined> {
  const { signal } = production.context;
  const steps = new Steps(production);
  try {
    for (let count = 1; ; count += 1) {
      if (count % PARTS_A_TURN === 0) await turn(production);
      const step = await steps.next();
      if (signal.aborted || step === 'aborted') return endOfAbort(signal);
      if ('failure' in step) return failed(production, step.failure);
      if (step.done) return completed(step.value);
      if (count === 1) production.onFirstPart();
      const going = await taken(production, step.value);
      if (going !== true) return going || undefined;
    }
  } finally {
    steps.close();
  }
}

const turn = ({ clock }: Production): Promise<void> =>
  new Promise((resolve) => clock.after(0, resolve));

/** Whether the run may go on; how it ends after an invalid part, and after one that the store refuses. */
async function taken(production: Production, part: unknown): Promise<boolean | RunEnd> {
  try {
    return await production.append(part);
  } catch (error) {
    if (isResponderError(error)) return failed(production, error);
    // The store has no room for more of the reply. Its end is always written.
    if (error instanceof ServerError && error.fault) {
      const { code, message } = error.fault;
      return { status: 'failed', error: { code, message } };
    }
    throw error;
  }
}

type Step = IteratorResult<unknown, unknown> | { readonly failure: unknown } | 'aborted';

/** A responder's steps. After an abort the run does not wait for a responder that ignores its signal. */
class Steps {
  readonly #production: Production;
  #iterator: AsyncIterator<unknown, unknown> | undefined;
  /** Ends the wait for the step that is under way. */
  #giveUp: (() => void) | undefined;

  constructor(production: Production) {
    this.#production = production;
    const { signal } = production.context;
    signal.addEventListener('abort', () => this.#giveUp?.(), { once: true });
  }

  async next(): Promise<Step> {
    const { clock, stallAfterMs, onStall, context } = this.#production;
    if (context.signal.aborted) return 'aborted';
    const cancel = clock.after(stallAfterMs, onStall);
    const step = await new Promise<Step>((resolve) => {
      this.#giveUp = () => resolve('aborted');
      // After an abort, ignore what the responder still does.
      this.#step().then(resolve, (failure: unknown) => resolve({ failure }));
    });
    cancel();
    return step;
  }

  async #step(): Promise<Step> {
    const result: unknown = await this.#within(() => {
      const { responder, request, context } = this.#production;
      this.#iterator ??= responder(request, context)[Symbol.asyncIterator]();
      return this.#iterator.next();
    });
    if (typeof result === 'object' && result !== null) return result as Step;
    throw new TypeError("A responder's next() returned no iterator result.");
  }

  /** Lets the responder clean up, without waiting for it. */
  close(): void {
    const close = async () => this.#within(() => this.#iterator?.return?.());
    close().catch(() => {});
  }

  /** A generator runs in the context of the call of `next`, not in that of its creation. */
  #within<T>(work: () => T): T {
    const { within } = this.#production;
    return within ? within(work) : work();
  }
}

function completed(summary: unknown): RunEnd {
  const usage = readUsage(summary);
  return { status: 'completed', ...(usage !== undefined && { usage }) };
}

/** A responder's error is for the operator; only a `ResponderError` is also for the user. */
function failed({ logger, request }: Production, failure: unknown): RunEnd {
  logger.error({ err: asError(failure), run_id: request.run_id }, 'A responder failed');
  const { code, message } = isResponderError(failure) ? failure : RESPONDER_FAILED;
  return { status: 'failed', error: { code, message } };
}
