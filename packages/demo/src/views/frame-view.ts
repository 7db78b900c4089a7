/** The title bar, the tab's title, and which part a narrow screen shows. */

import type { Condition } from '../session/condition.js';
import { byId, copyText, flash, setText } from './dom.js';

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

  constructor({ newConversation, say }: FrameHandlers) {
    byId('new-conversation', HTMLButtonElement).addEventListener('click', newConversation);
    const copy = byId('copy-link', HTMLButtonElement);
    copy.addEventListener('click', async () => {
      const copied = await copyText(location.href);
      flash(copy, copied ? 'Copied' : 'Copy the address');
      say(copied ? 'The link is copied.' : 'Copying is not allowed here. Copy the address.');
    });
    const panes = [...byId('panes', HTMLElement).querySelectorAll('button')];
    for (const pane of panes) {
      pane.addEventListener('click', () => {
        document.body.dataset.pane = pane.value;
        for (const each of panes) each.setAttribute('aria-pressed', String(each === pane));
      });
    }
  }

  render({ thread_id, address, condition }: FrameModel): void {
    setText(this.#name, thread_id ?? 'none');
    this.#secondTab.href = address;
    const title =
      condition.tone === 'calm' ? 'Session Monitor' : `${condition.headline} – Session Monitor`;
    if (document.title !== title) document.title = title;
  }
}
