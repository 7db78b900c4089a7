/** The title of a thread that has not been given one. Pure. */

/** As much as a line in a list shows. */
const MAX_TITLE_LENGTH = 80;
const SPACES = /\s+/g;

/** The beginning of a message as one line; undefined if nothing of it can be seen. */
export function titleOf(user_input: string): string | undefined {
  // A message has up to 64 Ki characters: what is far behind the title is not looked at.
  const line = user_input
    .trimStart()
    .slice(0, 4 * MAX_TITLE_LENGTH)
    .replace(SPACES, ' ')
    .trim();
  const characters = [...line];
  if (characters.length <= MAX_TITLE_LENGTH) return line === '' ? undefined : line;
  return `${characters
    .slice(0, MAX_TITLE_LENGTH - 1)
    .join('')
    .trimEnd()}…`;
}
