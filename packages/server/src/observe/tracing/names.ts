/**
 * The spans, their attributes and events: ids, counts and bytes, never payloads. docs/tracing.md has the same tables.
 */

const PREFIX = 'session_monitor.';

/** Where something happened. */
const PLACE = ['session_monitor.node', 'session_monitor.thread_id'] as const;
/** With the option `identities`. */
const IDENTITIES = ['session_monitor.user_id', 'client.address'] as const;
/** With the option `genAi`. */
const GEN_AI = [
  'gen_ai.conversation.id',
  'gen_ai.response.model',
  'gen_ai.response.finish_reasons',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
] as const;

export type SpanKind = 'internal' | 'producer' | 'consumer' | 'client';

interface SpanDescription {
  readonly kind: SpanKind;
  readonly attributes: readonly string[];
  readonly events: readonly string[];
}

export const SPANS = {
  /** A user's message, from its arrival until it is durable. */
  'session_monitor.message': {
    kind: 'producer',
    attributes: [
      ...PLACE,
      'session_monitor.run_id',
      'session_monitor.message_id',
      'session_monitor.source',
      'session_monitor.published',
      'session_monitor.repeated',
      'error.type',
      ...IDENTITIES,
    ],
    events: [],
  },
  /** An event of a client, from its arrival until it is durable. */
  'session_monitor.publish': {
    kind: 'producer',
    attributes: [
      ...PLACE,
      'session_monitor.session_id',
      'session_monitor.message_id',
      'session_monitor.source',
      'session_monitor.offset',
      'error.type',
      ...IDENTITIES,
    ],
    events: [],
  },
  /** From the request to append until the append is durable. */
  'session_monitor.append': {
    kind: 'internal',
    attributes: [...PLACE, 'session_monitor.run_id', 'error.type'],
    events: [],
  },
  /** A reply, from when it is accepted until its end is durable. */
  'session_monitor.run': {
    kind: 'consumer',
    attributes: [
      ...PLACE,
      'session_monitor.run_id',
      'session_monitor.parts',
      'session_monitor.status',
      'error.type',
      ...GEN_AI,
    ],
    events: ['session_monitor.turn'],
  },
  /** To one reader, from when its node learns of the append until the reader's acknowledgement covers it. */
  'session_monitor.deliver': {
    kind: 'client',
    attributes: [
      ...PLACE,
      'session_monitor.session_id',
      'session_monitor.transport',
      'session_monitor.from',
      'session_monitor.to',
      'session_monitor.frames',
      'session_monitor.events',
      'session_monitor.bytes',
      'session_monitor.outcome',
    ],
    events: ['session_monitor.frame', 'session_monitor.acknowledged'],
  },
} as const satisfies Readonly<Record<`${typeof PREFIX}${string}`, SpanDescription>>;

type Spans = typeof SPANS;
export type SpanName = keyof Spans;
export type AttributeKey = Spans[SpanName]['attributes'][number];
export type EventName = Spans[SpanName]['events'][number];
