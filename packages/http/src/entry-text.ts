/** One event of a log as HTTP shows it; its bytes are those that were stored. */

import type { SliceEntry } from '@session-monitor/server/internal';

/** Where the data begins in `["name",data]`. Names hold no comma and no quote. */
const dataAt = (text: string): number => text.indexOf(',') + 1;

/** The data of an event, as it was encoded. */
export const dataOf = ({ text }: SliceEntry): string => text.slice(dataAt(text), -1);

/** `{"offset":n,"event":"name","data":data}`, with `"span":n` where it stands for several offsets. */
export const objectOf = (entry: SliceEntry): string =>
  `{"offset":${entry.offset},${entry.span > 1 ? `"span":${entry.span},` : ''}"event":${entry.text.slice(1, dataAt(entry.text) - 1)},"data":${dataOf(entry)}}`;
