/**
 * A cursor says where a reader is in a log: the epoch, the last offset it has, and the tag of the
 * append batch that holds that offset. Clients carry it as an opaque string and never look inside.
 */

export interface Cursor {
  readonly epoch: string;
  /** The last offset that the reader has; 0 before the first. */
  readonly offset: number;
  /** 64 random bits of the batch that holds `offset`; {@link NO_TAG} at offset 0. */
  readonly tag: string;
}

/** The tag of "before the first event": there is no batch to name. */
export const NO_TAG = '0';

const CURSOR_PATTERN = /^([\w-]{1,32})\.(\d{1,16})\.([\w-]{1,32})$/;

export function encodeCursor(cursor: Cursor): string {
  return `${cursor.epoch}.${cursor.offset}.${cursor.tag}`;
}

/** Returns `undefined` for anything that {@link encodeCursor} cannot have made. */
export function decodeCursor(text: string): Cursor | undefined {
  const match = CURSOR_PATTERN.exec(text);
  const offset = Number(match?.[2]);
  if (!match?.[1] || !match[3] || !Number.isSafeInteger(offset)) return undefined;
  return { epoch: match[1], offset, tag: match[3] };
}
