/**
 * Replies from a language model behind any API that is compatible with OpenAI's chat completions, by the official
 * `openai` package (an optional peer). Each request carries the thread's history.
 */

import OpenAI from 'openai';
import type { Turn } from '../threads/history.js';
import { type Responder, ResponderError } from './responder.js';

/** Which model replies, and how the responder calls it. */
export interface OpenAiOptions {
  readonly model: string;
  /** Some self-hosted servers need none. */
  readonly apiKey?: string;
  /** Where the API is; OpenAI's if left out. */
  readonly baseURL?: string;
  /** The system prompt, which precedes everything else. */
  readonly system?: string;
  /** Tokens of history in a request, estimated at three bytes each. */
  readonly historyTokens?: number;
  /** How often a failed or temporarily refused request is sent again, before the reply has begun. */
  readonly maxRetries?: number;
}

/** English has some four bytes per token, most other languages less. */
const BYTES_PER_TOKEN = 3;
const DEFAULT_HISTORY_TOKENS = 4_000;
const DEFAULT_MAX_RETRIES = 2;

type Chunk = OpenAI.ChatCompletionChunk;
type Message = OpenAI.ChatCompletionMessageParam;

export function createOpenAiResponder(options: OpenAiOptions): Responder {
  const { model, system, historyTokens = DEFAULT_HISTORY_TOKENS } = options;
  const client = new OpenAI({
    // The package requires a key.
    apiKey: options.apiKey || 'none',
    baseURL: options.baseURL || null,
    maxRetries: options.maxRetries ?? DEFAULT_MAX_RETRIES,
    // The package would write unparsable chunks to the console; the server logs them itself.
    logLevel: 'off',
  });
  return async function* respond({ user_input }, { signal, thread }) {
    const turns = await thread.history({ maxBytes: historyTokens * BYTES_PER_TOKEN });
    const messages: Message[] = [
      ...(system ? [{ role: 'system', content: system } as const] : []),
      ...turns.map(messageOf),
      { role: 'user', content: user_input },
    ];
    const end = new EndOfReply();
    try {
      const stream = await client.chat.completions.create(
        { model, messages, stream: true, stream_options: { include_usage: true } },
        { signal },
      );
      let index = 0;
      for await (const chunk of stream) {
        end.see(chunk);
        const delta = chunk.choices?.[0]?.delta?.content;
        if (!delta) continue;
        yield { type: 'message', index, delta };
        index += 1;
      }
    } catch (error) {
      throw explain(error);
    }
    return end.summary();
  };
}

const messageOf = ({ role, text }: Turn): Message => ({ role, content: text });

/** Collects from the last chunks why the reply has ended, and its cost. */
class EndOfReply {
  #reason: string | undefined;
  #model: string | undefined;
  #usage: OpenAI.CompletionUsage | undefined;

  see({ choices, model, usage }: Chunk): void {
    this.#reason = choices?.[0]?.finish_reason ?? this.#reason;
    this.#model = model ?? this.#model;
    this.#usage = usage ?? this.#usage;
  }

  /** @throws ResponderError if the reply has no end */
  summary() {
    if (this.#reason === undefined) {
      throw new ResponderError('upstream_cut', 'The model stopped in the middle of its reply.');
    }
    return {
      usage: {
        finish_reason: this.#reason,
        ...(this.#model !== undefined && { model: this.#model }),
        ...this.#usage,
      },
    };
  }
}

/** The error that the user may see; the rest stands in the server's log, as the cause. */
function explain(cause: unknown): unknown {
  if (cause instanceof OpenAI.APIUserAbortError) return cause;
  const failure = (code: string, message: string) => new ResponderError(code, message, { cause });
  if (cause instanceof OpenAI.APIConnectionError) {
    return failure('upstream_unreachable', 'The model cannot be reached. Try again later.');
  }
  if (cause instanceof OpenAI.APIError && cause.status !== undefined) {
    if (cause.status === 429) {
      return failure('upstream_busy', 'The model accepts no more requests now. Try again later.');
    }
    return cause.status >= 500
      ? failure('upstream_failed', 'The model has failed. Try again later.')
      : failure('upstream_refused', 'The model refuses this request.');
  }
  if (cause instanceof SyntaxError) {
    return failure('upstream_malformed', 'The model sent a reply that could not be parsed.');
  }
  return failure('upstream_cut', 'The model stopped in the middle of its reply.');
}
