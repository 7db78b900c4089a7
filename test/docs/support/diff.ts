/** Diffs as pages write them: without line numbers. */

/** Lines of a diff that are new. */
export const addedLines = (diff: string): readonly string[] =>
  diff.split('\n').filter((line) => line.startsWith('+'));

/**
 * Applies a diff without line numbers. Lines of `@@` separate its hunks. The kept and removed lines of a hunk determine
 * its place, and must occur in the text once.
 *
 * @throws Error with the hunk that does not fit
 */
export function applyDiff(text: string, diff: string): string {
  return diff.split(/^@@.*\n/m).reduce((changed, hunk) => {
    const lines = hunk.replace(/\n$/, '').split('\n');
    const side = (mark: '-' | '+') =>
      lines.filter((line) => line[0] !== mark).map((line) => `${line.slice(1)}\n`);
    const [before, after] = [side('+').join(''), side('-').join('')];
    const places = changed.split(before).length - 1;
    if (places !== 1) throw new Error(`This hunk fits ${places} times:\n${hunk}\nin:\n${changed}`);
    return changed.replace(before, () => after);
  }, text);
}
