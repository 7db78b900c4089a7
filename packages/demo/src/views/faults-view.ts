/** The controls that break things, and what is said beside them. */

import type { Belief } from '../faults/belief.js';
import type { NetworkState } from '../faults/network.js';
import type { ServerFacts } from '../session/server-facts.js';
import { byId, copyText, flash, setAttribute, setText } from './dom.js';

export interface FaultHandlers {
  readonly cut: () => void;
  readonly goOffline: () => void;
  readonly stayOnPolling: (on: boolean) => void;
  readonly pauseAcks: (on: boolean) => void;
  readonly loseEvent: () => void;
  /** For a screen reader. */
  readonly say: (text: string) => void;
}

export interface FaultsModel {
  readonly network: NetworkState;
  /** The offset that this page reports; null while acknowledgements are not paused. */
  readonly frozenAt: number | null;
  readonly belief: Belief | null;
  /** Null while they are not known. */
  readonly server: ServerFacts | null;
  /** Whether the next event is to be lost. */
  readonly losesNext: boolean;
}

export class FaultsView {
  readonly #offline = byId('offline', HTMLButtonElement);
  readonly #polling = byId('polling', HTMLButtonElement);
  readonly #acks = byId('acks', HTMLButtonElement);
  readonly #belief = byId('belief', HTMLElement);
  readonly #lose = byId('lose-event', HTMLButtonElement);
  readonly #kill = byId('kill', HTMLElement);
  readonly #command = byId('kill-command', HTMLElement);
  readonly #afterKill = byId('after-kill', HTMLElement);
  readonly #start = byId('start-command', HTMLElement);

  constructor(handlers: FaultHandlers) {
    byId('cut', HTMLButtonElement).addEventListener('click', handlers.cut);
    this.#offline.addEventListener('click', () => {
      if (this.#offline.getAttribute('aria-disabled') !== 'true') handlers.goOffline();
    });
    this.#polling.addEventListener('click', () => handlers.stayOnPolling(!isOn(this.#polling)));
    this.#acks.addEventListener('click', () => handlers.pauseAcks(!isOn(this.#acks)));
    this.#lose.addEventListener('click', handlers.loseEvent);
    const copy = byId('copy-kill', HTMLButtonElement);
    copy.addEventListener('click', async () => {
      const copied = await copyText(this.#command.textContent ?? '');
      flash(copy, copied ? 'Copied' : 'Select it');
      handlers.say(copied ? 'The command is copied.' : 'Copying is not allowed here. Select it.');
    });
  }

  render({ network, frozenAt, belief, server, losesNext }: FaultsModel): void {
    const { offlineFor, pollingOnly } = network;
    setText(this.#offline, offlineFor > 0 ? `Offline for ${offlineFor} s` : 'Offline for 5 s');
    setAttribute(this.#offline, 'aria-disabled', String(offlineFor > 0));
    setAttribute(this.#polling, 'aria-pressed', String(pollingOnly));
    setAttribute(this.#acks, 'aria-pressed', String(frozenAt !== null));
    this.#belief.hidden = frozenAt === null;
    setText(this.#belief, frozenAt === null ? '' : describeBelief(frozenAt, belief));
    setText(this.#lose, losesNext ? 'Losing the next …' : 'Lose an event');
    this.#renderKill(server);
  }

  #renderKill(server: ServerFacts | null): void {
    const pid = server?.pid ?? null;
    const start = server?.start ?? null;
    this.#kill.hidden = pid === null;
    setText(this.#command, `kill -9 ${pid ?? ''}`);
    setText(this.#afterKill, afterKill(server));
    this.#start.hidden = start === null;
    setText(this.#start, start ?? '');
  }
}

const isOn = (button: HTMLElement): boolean => button.getAttribute('aria-pressed') === 'true';

function afterKill(server: ServerFacts | null): string {
  if (server?.shared) return 'Another server of this cluster takes over.';
  return `and start it again ${(server?.start ?? null) === null ? 'where it ran.' : 'in its terminal:'}`;
}

function describeBelief(frozenAt: number, belief: Belief | null): string {
  const told = 'This page reads on and does not say so.';
  if (!belief) return `${told} It reports ${frozenAt} to the server.`;
  const { offset, sent, head, waiting } = belief;
  const why = waiting === null ? '' : `, and waits for ${waiting}`;
  return `${told} The server believes that it is at ${offset} of ${head}; it has sent up to ${sent ?? offset}${why}.`;
}
