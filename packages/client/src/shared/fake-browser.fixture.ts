/** A browser with tabs that share: its locks, its channels, and what can happen to a page. Nothing happens by itself. */

import { FakeSocket } from '../fake-socket.fixture.js';
import type { OpenSocket } from '../socket-link.js';
import type { Channel, SharedPlatform } from './platform.js';
import { SharedSocket } from './shared-socket.js';

interface Claim {
  readonly tab: FakeTab;
  readonly held: () => Promise<void>;
  readonly reject: (error: Error) => void;
  readonly resolve: () => void;
}

export class FakeBrowser {
  readonly tabs: FakeTab[] = [];
  /** By name: who holds it, and who stands in line. */
  readonly #holders = new Map<string, Claim>();
  readonly #lines = new Map<string, Claim[]>();
  readonly #channels = new Set<FakeChannel>();
  now = 0;

  open(): FakeTab {
    const tab = new FakeTab(this, `tab-${this.tabs.length + 1}`);
    this.tabs.push(tab);
    tab.load();
    return tab;
  }

  /** Lets everything happen that is due, and time pass. */
  async advance(ms = 0): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 50) {
      for (let turn = 0; turn < 20; turn += 1) {
        await Promise.resolve();
        for (const channel of [...this.#channels]) channel.deliver();
      }
      for (const tab of this.tabs) tab.fire(this.now);
      this.now += 50;
    }
  }

  request(
    tab: FakeTab,
    name: string,
    { signal, steal }: { readonly signal?: AbortSignal; readonly steal?: boolean },
    held: () => Promise<void>,
  ): Promise<unknown> {
    return new Promise<void>((resolve, reject) => {
      const claim = { tab, held, resolve, reject };
      signal?.addEventListener('abort', () => this.#leave(name, claim));
      if (steal) {
        const holder = this.#holders.get(name);
        this.#holders.delete(name);
        holder?.reject(new Error('stolen'));
        this.#line(name).unshift(claim);
      } else this.#line(name).push(claim);
      this.#grant(name);
    });
  }

  join(channel: FakeChannel): void {
    this.#channels.add(channel);
  }

  leave(channel: FakeChannel): void {
    this.#channels.delete(channel);
  }

  post(from: FakeChannel, message: unknown): void {
    for (const channel of this.#channels) {
      if (channel !== from && channel.name === from.name)
        channel.queue.push(structuredClone(message));
    }
  }

  /** A tab is gone: what it held is free. */
  forget(tab: FakeTab): void {
    for (const [name, line] of this.#lines) {
      this.#lines.set(
        name,
        line.filter((claim) => claim.tab !== tab),
      );
    }
    for (const [name, { tab: holder }] of [...this.#holders]) {
      if (holder !== tab) continue;
      this.#holders.delete(name);
      this.#grant(name);
    }
    for (const channel of this.#channels) if (channel.tab === tab) this.#channels.delete(channel);
  }

  #line(name: string): Claim[] {
    const line = this.#lines.get(name) ?? [];
    this.#lines.set(name, line);
    return line;
  }

  #leave(name: string, claim: Claim): void {
    const line = this.#line(name);
    const index = line.indexOf(claim);
    if (index >= 0) line.splice(index, 1);
    claim.reject(new Error('aborted'));
  }

  #grant(name: string): void {
    if (this.#holders.has(name)) return;
    const claim = this.#line(name).shift();
    if (!claim) return;
    this.#holders.set(name, claim);
    void Promise.resolve()
      .then(claim.held)
      .then(() => {
        claim.resolve();
        if (this.#holders.get(name) !== claim) return;
        this.#holders.delete(name);
        this.#grant(name);
      });
  }
}

class FakeChannel implements Channel {
  readonly queue: unknown[] = [];
  readonly name: string;
  readonly tab: FakeTab;
  readonly #browser: FakeBrowser;
  #heard: (message: unknown) => void = () => {};

  constructor(browser: FakeBrowser, tab: FakeTab, name: string) {
    this.#browser = browser;
    this.tab = tab;
    this.name = name;
    browser.join(this);
  }

  readonly post = (message: unknown): void => this.#browser.post(this, message);
  readonly listen = (heard: (message: unknown) => void): void => {
    this.#heard = heard;
  };
  readonly close = (): void => this.#browser.leave(this);

  deliver(): void {
    if (this.tab.hangs) return;
    for (const message of this.queue.splice(0)) this.#heard(message);
  }
}

/** A tab with a shared socket, and the real one that it makes when it leads. */
export class FakeTab {
  hangs = false;
  readonly made: FakeSocket[] = [];
  readonly name: string;
  readonly #browser: FakeBrowser;
  #socket: SharedSocket | undefined;
  #timers: { readonly at: number; readonly fn: () => void }[] = [];
  #page = { away: () => {}, back: () => {} };

  constructor(browser: FakeBrowser, name: string) {
    this.#browser = browser;
    this.name = name;
  }

  get socket(): SharedSocket {
    if (!this.#socket) throw new Error(`${this.name} is not loaded`);
    return this.#socket;
  }

  /** The real socket of a tab that leads. */
  get real(): FakeSocket {
    const socket = this.made.at(-1);
    if (!socket) throw new Error(`${this.name} has made no socket`);
    return socket;
  }

  load(): void {
    const browser = this.#browser;
    const platform: SharedPlatform = {
      locks: { request: (name, options, held) => browser.request(this, name, options, held) },
      channel: (name) => new FakeChannel(browser, this, name),
      id: () => this.name,
      random: () => 0,
      now: () => browser.now,
      after: (ms, fn) => {
        const timer = { at: browser.now + ms, fn };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((each) => each !== timer);
        };
      },
      watchPage: (handlers) => {
        this.#page = handlers;
        return () => {};
      },
    };
    this.#socket = new SharedSocket(() => this.#make(), 'test', platform);
  }

  /** It is gone without a word. */
  crash(): void {
    this.hangs = true;
    this.#timers = [];
    this.#browser.forget(this);
  }

  putAway = (): void => this.#page.away();
  bringBack = (): void => this.#page.back();

  fire(now: number): void {
    if (this.hangs) return;
    const due = this.#timers.filter(({ at }) => at <= now);
    this.#timers = this.#timers.filter(({ at }) => at > now);
    for (const { fn } of due) fn();
  }

  #make(): OpenSocket {
    const socket = new FakeSocket();
    this.made.push(socket);
    return socket;
  }
}
