/** The default title of a thread. Pure. */

/** The length that a line of a list shows. */
const MAX_TITLE_LENGTH = 80;
const SPACES = /\s+/g;

/** The beginning of a message as one line; undefined if the message is blank. */
export function titleOf(user_input: string): string | undefined {
  // A message has up to 64 Ki characters: ignore what is far behind the title.
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
