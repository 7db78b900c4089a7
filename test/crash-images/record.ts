/**
 * The writer's record: its next operation, and what the store has acknowledged. Each line is on the disk before
 * the writer continues. A stopped writer has acknowledged nothing that is not in its record.
 */

export type RecordLine =
  /** `once`: the id is its message id, too. */
  | readonly ['append', thread_id: string, id: string, count: number, once: boolean]
  | readonly ['appended', id: string, epoch: string, first: number, last: number]
  | readonly ['trim', thread_id: string]
  | readonly ['trimmed', thread_id: string, base: number]
  | readonly ['delete', thread_id: string]
  | readonly ['deleted', thread_id: string, epoch: string]
  | readonly ['start', run_id: string]
  | readonly ['started', run_id: string]
  | readonly ['finish', run_id: string]
  | readonly ['finished', run_id: string];

/**
 * The event number `index` of the append `id`, as the log has it. Its whole text follows from its name, so that
 * a reader can check whether it is whole.
 */
export function eventText(id: string, index: number): string {
  const size = lengthOf(id, index);
  return JSON.stringify(['e', { id, index, text: 'grüße 線上 — '.repeat(size) }]);
}

/** Mostly small; sometimes larger than a page of the file. */
function lengthOf(id: string, index: number): number {
  let hash = index;
  for (const character of id) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0;
  const chance = (hash >>> 0) % 64;
  return chance === 0 ? 1_500 : chance < 6 ? 120 : chance % 12;
}

/** The name and number of an event that is whole; undefined for any other text. */
export function readEvent(text: string): readonly [id: string, index: number] | undefined {
  try {
    const [, data] = JSON.parse(text) as [string, { id: string; index: number }];
    return eventText(data.id, data.index) === text ? [data.id, data.index] : undefined;
  } catch {
    return undefined;
  }
}
