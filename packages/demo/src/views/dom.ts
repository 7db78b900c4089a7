/** The few things that every view does with the document. Text is only ever text. */

type Kind<T extends Element> = abstract new () => T;

/**
 * An element of `index.html`.
 *
 * @throws Error if it is not there, or of another kind: the page and its code have come apart
 */
export function byId<T extends Element>(id: string, kind: Kind<T>): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${kind.name} '#${id}'.`);
}

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Leaves the document alone if nothing changes: a screen reader, a selection may be there. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Removes the views of what is no longer there. */
export function keepOnly(
  views: Map<string, { readonly element: Element }>,
  names: readonly string[],
): void {
  const kept = new Set(names);
  for (const [name, { element }] of views) {
    if (kept.has(name)) continue;
    element.remove();
    views.delete(name);
  }
}

/** Copies, if the browser lets us; a page over plain HTTP from another machine may not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Says for a moment on a button what has become of it. */
export function flash(button: HTMLElement, text: string, ms = 1_500): void {
  const label = button.dataset.label ?? button.textContent ?? '';
  button.dataset.label = label;
  setText(button, text);
  setTimeout(() => setText(button, label), ms);
}

/** A page in the background draws no frames; its title is still read. */
const HIDDEN_DRAW_MS = 250;

/** Runs something once: before the browser's next frame, or a little later where it draws none. Returns what stops it. */
export function onNextFrame(run: () => void): () => void {
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const draw = () => {
    cancel();
    run();
  };
  const frame = requestAnimationFrame(draw);
  const timer = setTimeout(draw, HIDDEN_DRAW_MS);
  return cancel;
}
