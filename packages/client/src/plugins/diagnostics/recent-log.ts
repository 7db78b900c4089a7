/** The newest lines of what a monitor has done and seen: for a bug report, whether `debug` is on or not. */

const MAX_LINES = 50;
/** Of a line: what a server sends may be long (I9). */
const MAX_LENGTH = 300;

export class RecentLog {
  #lines: string[] = [];

  /** @param wall milliseconds since 1970 */
  write(wall: number, what: readonly unknown[]): void {
    const line = what
      .filter((each) => each !== '')
      .map(asText)
      .join(' ');
    const dated = `${new Date(wall).toISOString()} ${line}`;
    this.#lines = [...this.#lines.slice(1 - MAX_LINES), dated.slice(0, MAX_LENGTH)];
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return String(value);
  return JSON.stringify(value) ?? String(value);
}
