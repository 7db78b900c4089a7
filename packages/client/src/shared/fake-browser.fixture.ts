/** A browser with tabs that share: its locks, its channels, and what can happen to a page. Time is a fake clock's. */

import { type FakeClock, fakeClock } from '../../../testing/src/fake-clock.js';
import type { SocketLike } from '../follower/socket-link.js';
import { FakePage } from '../platform/fake-page.fixture.js';
import type { Channel, SharedPlatform } from './platform.js';
import { SharedSocket } from './shared-socket.js';

interface Claim {
  readonly tab: FakeTab<SocketLike>;
  readonly held: () => Promise<void>;
  readonly reject: (error: Error) => void;
  readonly resolve: () => void;
}

export class FakeBrowser<S extends SocketLike> {
  readonly tabs: FakeTab<S>[] = [];
  readonly clock: FakeClock;
  /** The real socket of a tab that leads. */
  readonly make: () => S;
  /** By the lock's name: the claim that holds it, and the claims in line. */
  readonly #holders = new Map<string, Claim>();
  readonly #lines = new Map<string, Claim[]>();
  readonly #channels = new Set<FakeChannel>();

  constructor(make: () => S, clock: FakeClock = fakeClock()) {
    this.make = make;
    this.clock = clock;
  }

  open(): FakeTab<S> {
    const tab = new FakeTab(this, `tab-${this.tabs.length + 1}`);
    this.tabs.push(tab);
    tab.load();
    return tab;
  }

  request(
    tab: FakeTab<SocketLike>,
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
        holder?.tab.run(() => holder.reject(new Error('stolen')));
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
    if (from.tab.isGone) return;
    for (const channel of this.#channels) {
      if (channel === from || channel.name !== from.name) continue;
      const copy = structuredClone(message);
      this.clock.after(0, () => channel.tab.run(() => channel.receive(copy)));
    }
  }

  /** A tab is gone: what it held is free. */
  forget(tab: FakeTab<SocketLike>): void {
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
    if (index < 0) return;
    line.splice(index, 1);
    claim.reject(new Error('aborted'));
  }

  #grant(name: string): void {
    if (this.#holders.has(name)) return;
    const claim = this.#line(name).shift();
    if (!claim) return;
    this.#holders.set(name, claim);
    // A tab that hangs is given it, and does not know.
    this.clock.after(0, () => claim.tab.run(() => void this.#hold(name, claim)));
  }

  async #hold(name: string, claim: Claim): Promise<void> {
    // It may have been stolen before it was known.
    if (this.#holders.get(name) !== claim) return;
    await claim.held();
    claim.resolve();
    if (this.#holders.get(name) !== claim) return;
    this.#holders.delete(name);
    this.#grant(name);
  }
}

class FakeChannel implements Channel {
  readonly name: string;
  readonly tab: FakeTab<SocketLike>;
  readonly #browser: FakeBrowser<SocketLike>;
  #heard: (message: unknown) => void = () => {};

  constructor(browser: FakeBrowser<SocketLike>, tab: FakeTab<SocketLike>, name: string) {
    this.#browser = browser;
    this.tab = tab;
    this.name = name;
    browser.join(this);
  }

  readonly post = (message: unknown): void => this.#browser.post(this, message);
  readonly listen = (heard: (message: unknown) => void): void => {
    this.#heard = heard;
  };
  readonly close = (): void => {
    this.#heard = () => {};
    this.#browser.leave(this);
  };

  receive(message: unknown): void {
    this.#heard(message);
  }
}

/** A tab with a shared socket, and the real ones that it makes when it leads. */
export class FakeTab<S extends SocketLike> extends FakePage {
  readonly made: S[] = [];
  readonly name: string;
  readonly #browser: FakeBrowser<S>;
  #socket: SharedSocket | undefined;
  #page = { away: () => {}, back: () => {} };

  constructor(browser: FakeBrowser<S>, name: string) {
    super(browser.clock);
    this.#browser = browser;
    this.name = name;
  }

  get socket(): SharedSocket {
    if (!this.#socket) throw new Error(`${this.name} is not loaded`);
    return this.#socket;
  }

  /** The newest real socket. */
  get real(): S {
    const socket = this.made.at(-1);
    if (!socket) throw new Error(`${this.name} has made no socket`);
    return socket;
  }

  load(): void {
    const browser = this.#browser;
    const platform: SharedPlatform = {
      locks: { request: (name, options, held) => browser.request(this, name, options, held) },
      channel: (name) => new FakeChannel(browser, this, name),
      instance: () => this.name,
      random: () => 0,
      onWake: this.environment.onWake,
      now: browser.clock.now,
      after: (ms, fn) => this.after(ms, fn),
      watchPage: (handlers) => {
        this.#page = handlers;
        return () => {};
      },
    };
    this.#socket = new SharedSocket(() => this.#make(), 'test', platform);
  }

  override crash(): void {
    super.crash();
    for (const socket of this.made) socket.disconnect();
    this.#browser.forget(this);
  }

  override putAway(): void {
    super.putAway();
    this.run(() => this.#page.away());
  }

  override bringBack(): void {
    this.run(() => this.#page.back());
    super.bringBack();
  }

  #make(): S {
    const socket = this.#browser.make();
    this.made.push(socket);
    return socket;
  }
}
