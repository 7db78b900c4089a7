/** The title bar, the tab's title, and what a narrow screen shows in place of the conversation. */

import type { Condition } from '../session/condition.js';
import { byId, copyText, flash, setAttribute, setText } from './dom.js';

export interface FrameHandlers {
  readonly newConversation: () => void;
  /** For a screen reader. */
  readonly say: (text: string) => void;
}

export interface FrameModel {
  readonly thread_id: string | null;
  readonly address: string;
  readonly condition: Condition;
}

export class FrameView {
  readonly #name = byId('thread-name', HTMLElement);
  readonly #secondTab = byId('second-tab', HTMLAnchorElement);
  readonly #panes = [...document.querySelectorAll<HTMLButtonElement>('button.pane')];

  constructor({ newConversation, say }: FrameHandlers) {
    byId('new-conversation', HTMLButtonElement).addEventListener('click', newConversation);
    const copy = byId('copy-link', HTMLButtonElement);
    copy.addEventListener('click', async () => {
      const copied = await copyText(location.href);
      flash(copy, copied ? 'Copied' : 'Copy the address');
      say(copied ? 'The link is copied.' : 'Copying is not allowed here. Copy the address.');
    });
    for (const button of this.#panes) {
      const { value } = button;
      button.addEventListener('click', () => {
        this.show(document.body.dataset.pane === value ? 'conversation' : value);
      });
    }
  }

  /** Shows a pane where there is room for one only. */
  show(pane: string): void {
    document.body.dataset.pane = pane;
    for (const button of this.#panes) {
      setAttribute(button, 'aria-expanded', String(button.value === pane));
    }
  }

  render({ thread_id, address, condition }: FrameModel): void {
    setText(this.#name, thread_id ?? 'none');
    this.#secondTab.href = address;
    const title =
      condition.tone === 'calm' || condition.headline === 'Live'
        ? 'Session Monitor'
        : `${condition.headline} – Session Monitor`;
    if (document.title !== title) document.title = title;
  }
}
