/** Looks into JSON as text, before it is parsed: in one pass, without recursion. Strangers send it. Pure. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const [OPEN_ARRAY, CLOSE_ARRAY] = [0x5b, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

/** Whether a JSON text has arrays and objects nested deeper than that. Of a text that is not JSON it looks at a part. */
export const isNestedDeeper = (text: string, maxDepth: number): boolean =>
  endOfValue(text, 0, maxDepth) === undefined;

/**
 * Where a value ends: at the next comma or closing bracket that is not inside it. Undefined if it is nested deeper than
 * `maxDepth`.
 */
export function endOfValue(text: string, from: number, maxDepth: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > maxDepth) return undefined;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        if (depth === 0) return at;
        depth -= 1;
        break;
      case COMMA:
        if (depth === 0) return at;
    }
  }
  return text.length;
}

/**
 * The index of the quote that ends a string, or the text's length if none does.
 *
 * @param from the index of the quote that begins it
 */
export function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let begin = end;
    while (text.charCodeAt(begin - 1) === BACKSLASH) begin -= 1;
    // Backslashes escape each other in pairs.
    if ((end - begin) % 2 === 0) return end;
  }
  return text.length;
}
