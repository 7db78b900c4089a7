/** Posts a question, and says what is known of its fate. The reply comes with the thread's events. */

import type { PostOutcome } from './asking.js';

export interface Question {
  readonly user_input: string;
  readonly thread_id: string;
  readonly message_id: string;
}

/** Thrown by a `fetch` that has sent nothing. */
export class NothingSent extends Error {
  override readonly name = 'NothingSent';
}

/** The server answers as soon as it has a place in the queue; nobody waits longer than this. */
const ANSWER_TIMEOUT_MS = 10_000;

/** @param send `fetch`, or what stands before it */
export async function postQuestion(send: typeof fetch, question: Question): Promise<PostOutcome> {
  try {
    const response = await send('/havefun', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...question, use_websocket: true }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const run_id = response.headers.get('x-run-id');
    if (response.ok && run_id !== null) {
      // Published to the thread: the run goes on without this stream.
      await response.body?.cancel();
      return { kind: 'taken', run_id };
    }
    const why = await reasonOf(response);
    if (why !== undefined) return { kind: 'refused', why };
    // Not in the server's words. Something in between has answered; above 500 it may have passed it on.
    if (response.status >= 500) return { kind: 'no_answer' };
    return { kind: 'refused', why: `The answer was ${response.status}.` };
  } catch (error) {
    if (error instanceof NothingSent) return { kind: 'refused', why: error.message };
    return { kind: 'no_answer' };
  }
}

async function reasonOf(response: Response): Promise<string | undefined> {
  try {
    const { error } = (await response.json()) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? error.message : undefined;
  } catch {
    return undefined;
  }
}
