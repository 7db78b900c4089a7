/**
 * Markdown as a tree of what may stand in the document. The parser only says where things begin and end: each text is
 * cut out of the source, and what has no rule here is shown as it was written. HTML has none. Pure.
 */

import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/markdown';
import { cut, type Range } from './ranges.js';
import type { BlockTag, TreeElement, TreeNode } from './tree.js';

/**
 * A tag that begins a line is part of a paragraph. A reply is read in pieces, so that links cannot refer to addresses
 * elsewhere in it, and the page's policy lets no picture in.
 */
const reader = parser.configure({ remove: ['HTMLBlock', 'LinkReference', 'Image'] });

/** Deeper than this is shown as it was written: a line can open thousands of quotes. */
const MAX_DEPTH = 12;

export interface Parsed {
  /** The top-level blocks. */
  readonly blocks: readonly TreeElement[];
  /** Where each of them begins in the source: the start of its first line. */
  readonly starts: readonly number[];
}

/** @param marked what is to be marked of the source */
export function parseMarkdown(source: string, marked: readonly Range[] = []): Parsed {
  const scribe = new Scribe(source, marked);
  const nodes = childrenOf(reader.parse(source).topNode);
  return {
    blocks: nodes.map((node) => scribe.block(node, 0)),
    starts: nodes.map(({ from }) => source.lastIndexOf('\n', from - 1) + 1),
  };
}

/** Syntax of the block or range that it stands in, and no text of it. */
const SYNTAX = new Set([
  'HeaderMark',
  'ListMark',
  'QuoteMark',
  'EmphasisMark',
  'LinkMark',
  'LinkTitle',
  'CodeMark',
  'URL',
]);

const CONTAINERS: Readonly<Record<string, BlockTag>> = {
  BulletList: 'ul',
  ListItem: 'li',
  Blockquote: 'blockquote',
};

/** The page has headings of the first two levels itself. */
const HEADING = /^(?:ATX|Setext)Heading(\d)$/;
const MAJOR_LEVELS = 2;

/** Those that stand for a character of Markdown or HTML. Models write others as what they are. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&nbsp;': '\u00a0',
};

class Scribe {
  readonly #source: string;
  readonly #marked: readonly Range[];

  constructor(source: string, marked: readonly Range[]) {
    this.#source = source;
    this.#marked = marked;
  }

  block(node: SyntaxNode, depth: number): TreeElement {
    const { name } = node;
    const level = HEADING.exec(name)?.[1];
    if (level !== undefined) {
      const tag = Number(level) <= MAJOR_LEVELS ? 'h3' : 'h4';
      return { tag, children: this.#inline(node, depth) };
    }
    if (depth >= MAX_DEPTH) return { tag: 'p', children: this.#text(node) };
    const container = Object.hasOwn(CONTAINERS, name) ? CONTAINERS[name] : undefined;
    if (container) return { tag: container, children: this.#blocks(node, depth) };
    switch (name) {
      case 'OrderedList':
        return this.#orderedList(node, depth);
      case 'FencedCode':
      case 'CodeBlock':
        return { tag: 'pre', children: [{ tag: 'code', children: this.#code(node) }] };
      case 'HorizontalRule':
        return { tag: 'hr', children: [] };
      default:
        return { tag: 'p', children: this.#inline(node, depth) };
    }
  }

  #blocks(node: SyntaxNode, depth: number): readonly TreeElement[] {
    return childrenOf(node)
      .filter(({ name }) => !SYNTAX.has(name))
      .map((child) => this.block(child, depth + 1));
  }

  #orderedList(node: SyntaxNode, depth: number): TreeElement {
    const mark = node.firstChild?.getChild('ListMark');
    const start = mark ? Number.parseInt(this.#slice(mark), 10) : 1;
    const children = this.#blocks(node, depth);
    return { tag: 'ol', children, ...(start !== 1 && Number.isSafeInteger(start) && { start }) };
  }

  /** Its lines, without their indentation and without the fence. */
  #code(node: SyntaxNode): readonly TreeNode[] {
    return joined(node.getChildren('CodeText').flatMap((line) => this.#text(line)));
  }

  /** What stands between the children of a node is its text. */
  #inline(node: SyntaxNode, depth: number, { from, to }: Range = node): readonly TreeNode[] {
    const nodes: TreeNode[] = [];
    let at = from;
    for (const child of childrenOf(node)) {
      if (child.from < from || child.to > to) continue;
      nodes.push(
        ...this.#text({ from: at, to: child.from }),
        ...this.#inlineNode(child, depth + 1),
      );
      at = child.to;
    }
    return joined([...nodes, ...this.#text({ from: at, to })]);
  }

  #inlineNode(node: SyntaxNode, depth: number): readonly TreeNode[] {
    if (SYNTAX.has(node.name)) return [];
    if (depth >= MAX_DEPTH) return this.#text(node);
    switch (node.name) {
      case 'Emphasis':
        return [{ tag: 'em', children: this.#inline(node, depth) }];
      case 'StrongEmphasis':
        return [{ tag: 'strong', children: this.#inline(node, depth) }];
      case 'InlineCode':
        return [{ tag: 'code', children: this.#inlineCode(node) }];
      case 'Link':
      case 'Autolink':
        return this.#link(node, depth);
      case 'HardBreak':
        return [{ tag: 'br', children: [] }];
      case 'Escape':
        return this.#text({ from: node.from + 1, to: node.to });
      case 'Entity':
        return this.#text(node, ENTITIES[this.#slice(node)]);
      default:
        return this.#text(node);
    }
  }

  /** Its label, or its address, stands between its first two marks. */
  #link(node: SyntaxNode, depth: number): readonly TreeNode[] {
    const url = node.getChild('URL');
    const href = url ? safeAddress(this.#slice(url)) : undefined;
    const [open, close] = node.getChildren('LinkMark');
    // As it was written: what it leads to is to be seen.
    if (!url || !open || !close || href === undefined) return this.#text(node);
    const label = { from: open.to, to: close.from };
    const isAddress = url.to === label.to;
    return [
      { tag: 'a', href, children: isAddress ? this.#text(url) : this.#inline(node, depth, label) },
    ];
  }

  #inlineCode(node: SyntaxNode): readonly TreeNode[] {
    const [from, to] = [node.firstChild?.to ?? node.from, node.lastChild?.from ?? node.to];
    const text = this.#source.slice(from, to);
    // One space on both sides makes room for a backtick within.
    const room = text.startsWith(' ') && text.endsWith(' ') && text.trim() !== '' ? 1 : 0;
    return this.#text({ from: from + room, to: to - room });
  }

  /** A range of the source, cut where it is marked, or what it stands for. */
  #text(range: Range, meant?: string): readonly TreeNode[] {
    return cut(range, this.#marked).map(({ from, to, inside }, index) => {
      const text = meant === undefined ? this.#source.slice(from, to) : index === 0 ? meant : '';
      return inside ? { tag: 'mark', children: [text] } : text;
    });
  }

  #slice({ from, to }: Range): string {
    return this.#source.slice(from, to);
  }
}

/** Undefined for what is no absolute address of the web. */
export function safeAddress(written: string): string | undefined {
  const address = written.replace(/^<|>$/g, '');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined;
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

/** Neighbouring texts, and neighbouring marks, as one. */
function joined(nodes: readonly TreeNode[]): readonly TreeNode[] {
  const result: TreeNode[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (node === '') continue;
    if (typeof node === 'string' && typeof last === 'string') {
      result[result.length - 1] = last + node;
    } else if (isMark(node) && isMark(last)) {
      result[result.length - 1] = {
        tag: 'mark',
        children: joined([...last.children, ...node.children]),
      };
    } else result.push(node);
  }
  return result;
}

const isMark = (node: TreeNode | undefined): node is TreeElement =>
  typeof node === 'object' && node.tag === 'mark';
