/** What the sharing of a connection needs of the browser. */

import { type Environment, listenTo, platform } from '../platform/environment.js';
import type { Locks } from './election.js';

export interface Channel {
  post(message: unknown): void;
  listen(heard: (message: unknown) => void): void;
  close(): void;
}

export interface SharedPlatform
  extends Pick<Environment, 'now' | 'random' | 'instance' | 'after' | 'onWake'> {
  readonly locks: Locks;
  channel(name: string): Channel;
  /** Calls back when the page goes away, and when it leaves the browser's cache again. */
  watchPage(handlers: { readonly away: () => void; readonly back: () => void }): () => void;
}

/** Undefined where tabs cannot share: outside of a browser, or on a page that is no secure context. */
export function browserPlatform(): SharedPlatform | undefined {
  if (typeof window === 'undefined' || typeof BroadcastChannel === 'undefined') return undefined;
  const locks = globalThis.navigator?.locks as Locks | undefined;
  if (!locks) return undefined;
  return { ...platform, locks, channel: openChannel, watchPage };
}

function openChannel(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    listen: (heard) => {
      channel.onmessage = ({ data }: MessageEvent<unknown>) => heard(data);
    },
    close: () => channel.close(),
  };
}

const watchPage: SharedPlatform['watchPage'] = ({ away, back }) => {
  const onShow = ({ persisted }: PageTransitionEvent) => persisted && back();
  const offs = [listenTo(window, 'pagehide', away), listenTo(window, 'pageshow', onShow)];
  return () => {
    for (const off of offs) off();
  };
};
