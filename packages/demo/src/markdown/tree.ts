/**
 * What a reply may become in the document. Nothing else can be said in these types: no HTML, no attribute but those
 * below, no address but of `http:` and `https:`.
 */

export type BlockTag = 'p' | 'h3' | 'h4' | 'ul' | 'ol' | 'li' | 'blockquote' | 'pre' | 'hr';
type InlineTag = 'em' | 'strong' | 'code' | 'a' | 'br' | 'mark';

export interface TreeElement {
  readonly tag: BlockTag | InlineTag;
  readonly children: readonly TreeNode[];
  /** Of a link: absolute, by `http:` or `https:`. */
  readonly href?: string;
  /** Of an ordered list: its first number, if that is not 1. */
  readonly start?: number;
}

/** A string is text. */
export type TreeNode = TreeElement | string;

/** After these a reader pauses. */
const ENDS_LINE = new Set<string>(['p', 'h3', 'h4', 'pre', 'br']);

/** What is read of a tree, in lines. */
export function textOf(node: TreeNode): string {
  if (typeof node === 'string') return node;
  const text = node.children.map(textOf).join('');
  return ENDS_LINE.has(node.tag) ? `${text}\n` : text;
}
