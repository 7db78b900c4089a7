/** The events of a run, as unknown data turned into typed parts. What cannot be read is no part. */

export type TurnStatus = 'streaming' | 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** What a reply proposes to ask next. */
export interface Suggestion {
  readonly text: string;
  readonly question: string;
}

export type Part = { readonly run_id: string } & (
  | { readonly kind: 'started'; readonly question: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'source'; readonly title: string }
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'suggestion' } & Suggestion)
  | {
      readonly kind: 'finished';
      readonly status: Exclude<TurnStatus, 'streaming'>;
      readonly error: string | null;
    }
);

type Fields = Readonly<Record<string, unknown>>;

export function readPart(name: string, data: unknown): Part | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const fields = data as Fields;
  const { run_id } = fields;
  if (typeof run_id !== 'string') return undefined;
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  return read?.(run_id, fields);
}

const READERS: Readonly<Record<string, (run_id: string, fields: Fields) => Part>> = {
  run_started: (run_id, { user_input }) => ({
    run_id,
    kind: 'started',
    question: text(user_input),
  }),
  analysis_update: (run_id, fields) => ({ run_id, kind: 'note', text: text(fields.text) }),
  knowledge: (run_id, { title }) => ({ run_id, kind: 'source', title: text(title) }),
  message: (run_id, { delta }) => ({ run_id, kind: 'text', text: text(delta) }),
  next_action: (run_id, fields) => {
    const shown = text(fields.text);
    return { run_id, kind: 'suggestion', text: shown, question: text(fields.question) || shown };
  },
  run_finished: (run_id, { status, error }) => ({
    run_id,
    kind: 'finished',
    status: isEnd(status) ? status : 'failed',
    error: text((error as Fields | null | undefined)?.message) || null,
  }),
};

const ENDS = ['completed', 'failed', 'cancelled', 'interrupted'] as const;

const isEnd = (value: unknown): value is (typeof ENDS)[number] => ENDS.some((end) => end === value);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
