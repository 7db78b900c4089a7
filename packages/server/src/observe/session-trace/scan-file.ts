/** Reads a file of lines from its end, a part at a time: a file of any size takes the same memory. */

import type { FileHandle } from 'node:fs/promises';
import { MAX_LINE_BYTES } from './line.js';
import { visitLines } from './raw-line.js';

/** What is read at a time. */
const PART_BYTES = 256 * 1024;

/**
 * Visits the lines from the last to the first, each with its place in the file, until `visit` returns false. Skips lines
 * that are too long to be ours. The event loop has its turn between two parts.
 *
 * @param partBytes what is read at a time
 * @returns whether it got to the first line
 */
export async function scanFile(
  file: Pick<FileHandle, 'read'>,
  size: number,
  visit: (raw: string, at: number) => boolean,
  partBytes = PART_BYTES,
): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(Math.min(size, partBytes));
  /** The end of a line that begins before what is read. */
  let carried = '';
  /** Whether that line is too long: its beginning is skipped, too. */
  let isTooLong = false;
  for (let end = size; end > 0; ) {
    const length = Math.min(buffer.length, end);
    const start = end - length;
    const { bytesRead } = await file.read(buffer, 0, length, start);
    // The file was cut short meanwhile.
    if (bytesRead < length) carried = '';
    const part = buffer.toString('latin1', 0, bytesRead);
    const isFirst = start === 0;
    // Whole lines begin after the first line end; before it is the end of a line that begins earlier.
    const first = isFirst ? 0 : part.indexOf('\n') + 1;
    end = start;
    if (!isFirst && first === 0) {
      carried = isTooLong ? '' : part + carried;
      isTooLong ||= carried.length > MAX_LINE_BYTES;
      if (isTooLong) carried = '';
      continue;
    }
    const whole = isTooLong
      ? part.slice(first, part.lastIndexOf('\n') + 1)
      : part.slice(first) + carried;
    isTooLong = false;
    const begin = start + first;
    const goesOn = visitLines(whole, (raw, at) =>
      raw.length > MAX_LINE_BYTES ? true : visit(raw, begin + at),
    );
    if (!goesOn) return false;
    carried = isFirst ? '' : part.slice(0, first - 1);
  }
  return true;
}
