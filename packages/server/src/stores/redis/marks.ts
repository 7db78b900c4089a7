/** The marks of a batch: what its appends tell the followers of the log. In a wake-up: `marks=OFFSET:MARK,OFFSET:MARK`. */

import type { AppendMark, AppendOptions, AppendOutcome } from '../store.js';

const NAME = 'marks=';

/** Those of the appends of a commit that were appended; undefined for none. */
export function marksOf(
  appends: readonly Pick<AppendOptions, 'mark'>[],
  outcomes: readonly AppendOutcome[],
): readonly AppendMark[] | undefined {
  let marks: AppendMark[] | undefined;
  for (const [index, { mark }] of appends.entries()) {
    const outcome = outcomes[index];
    if (mark === undefined || outcome?.outcome !== 'appended') continue;
    marks ??= [];
    marks.push({ offset: outcome.last, mark });
  }
  return marks;
}

/** As the script `commit` passes them on. */
export const writeMarks = (marks: readonly AppendMark[] | undefined): string | undefined =>
  marks?.map(({ offset, mark }) => `${offset}:${mark}`).join(',');

/** @param fields those of a wake-up's first line */
export function readMarks(fields: readonly string[]): readonly AppendMark[] | undefined {
  return fields
    .find((field) => field.startsWith(NAME))
    ?.slice(NAME.length)
    .split(',')
    .map((each) => {
      const colon = each.indexOf(':');
      return { offset: Number(each.slice(0, colon)), mark: each.slice(colon + 1) };
    });
}
