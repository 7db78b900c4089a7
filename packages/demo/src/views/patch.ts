/**
 * Makes the document what a tree says, and touches nothing that stays: a word more is a few characters more in the text
 * node that was there, and a selection elsewhere survives it. Nodes are made one by one: no text is ever read as HTML.
 */

import type { TreeElement, TreeNode } from '../markdown/tree.js';

/** The children of an element, from one of them on. */
export function patchChildren(parent: Element, from: number, trees: readonly TreeNode[]): void {
  trees.forEach((tree, index) => {
    const node = parent.childNodes[from + index];
    if (!node) parent.append(create(tree));
    else if (!update(node, tree)) node.replaceWith(create(tree));
  });
  while (parent.childNodes.length > from + trees.length) parent.lastChild?.remove();
}

/** False if the node is of another kind. */
function update(node: Node, tree: TreeNode): boolean {
  if (typeof tree === 'string') return node instanceof Text && updateText(node, tree);
  if (!(node instanceof HTMLElement) || !isSame(node, tree)) return false;
  patchChildren(node, 0, tree.children);
  return true;
}

function updateText(node: Text, text: string): true {
  if (text.startsWith(node.data)) {
    if (text.length > node.data.length) node.appendData(text.slice(node.data.length));
  } else node.data = text;
  return true;
}

const isSame = (node: HTMLElement, { tag, href, start }: TreeElement): boolean =>
  node.localName === tag &&
  node.getAttribute('href') === (href ?? null) &&
  node.getAttribute('start') === (start === undefined ? null : String(start));

function create(tree: TreeNode): Node {
  if (typeof tree === 'string') return document.createTextNode(tree);
  const { tag, href, start, children } = tree;
  const element = document.createElement(tag);
  if (href !== undefined) {
    element.setAttribute('href', href);
    element.setAttribute('rel', 'noopener noreferrer');
    element.setAttribute('target', '_blank');
  }
  if (start !== undefined) element.setAttribute('start', String(start));
  // A keyboard scrolls only what it can focus, and a long line of code has to be scrolled.
  if (tag === 'pre') element.tabIndex = 0;
  element.append(...children.map(create));
  return element;
}
