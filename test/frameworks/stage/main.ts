/** Components that use the React hooks, in StrictMode, and the facts about them that tests read. */

import type { SessionMonitor } from '@session-monitor/client';
import { useSessionMonitor, useThread } from '@session-monitor/client/react';
import { createElement, Profiler, type ReactElement, StrictMode } from 'react';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { io } from 'socket.io-client';

const socket = io({ autoConnect: false });
const SOCKET_EVENTS = ['connect', 'disconnect', 'connect_error', 'thread_events', 'system_ping'];
const MANAGER_EVENTS = ['open', 'reconnect_failed'] as const;
const container = document.querySelector('#root') as HTMLElement;

/** The number of the frame in which each commit of React's was. */
const commits: number[] = [];
const problems: string[] = [];
const monitors = new Set<SessionMonitor>();
let frames = 0;
let root: Root | undefined;

interface ThreadProps {
  readonly thread_id: string;
  /** A value that the parent passes down, new in each of its renders. */
  readonly version: number;
}

function Thread({ thread_id, version }: ThreadProps) {
  const { monitor, status } = useSessionMonitor(socket, {
    thread_id,
    // Written inline on purpose, as apps do.
    token: () => `token ${version}`,
    fetch: (url, init) => fetch(url, init),
  });
  const { replies, events } = useThread(monitor);
  monitors.add(monitor);
  return createElement(
    'ol',
    { 'data-state': status.state, 'data-thread': status.thread_id, 'data-events': events.length },
    replies.map(({ run_id, state, text }) =>
      createElement('li', { key: run_id, 'data-state': state }, text),
    ),
  );
}

const onRender = () => void commits.push(frames);

const treeOf = (thread_id: string, version: number): ReactElement =>
  createElement(
    StrictMode,
    null,
    createElement(
      Profiler,
      { id: 'thread', onRender },
      createElement(Thread, { thread_id, version }),
    ),
  );

// Runs first in each frame, because it requests the next frame before any other code does.
function onFrame(): void {
  frames += 1;
  requestAnimationFrame(onFrame);
}
requestAnimationFrame(onFrame);

const stage = {
  show(thread_id: string, version = 0): void {
    root ??= createRoot(container);
    root.render(treeOf(thread_id, version));
  },
  /** Shows a server's HTML, and lets React hydrate it. */
  hydrate(thread_id: string): string {
    const html = renderToString(treeOf(thread_id, 0));
    container.innerHTML = html;
    root = hydrateRoot(container, treeOf(thread_id, 0), {
      onRecoverableError: (error) => problems.push(String(error)),
    });
    return html;
  },
  unmount(): void {
    root?.unmount();
    root = undefined;
  },
  connect: () =>
    new Promise<void>((resolve) => {
      socket.once('connect', () => resolve());
      socket.connect();
    }),
  cut(): void {
    socket.io.engine.close();
  },
  facts: () => ({
    commits,
    frames,
    problems,
    monitors: monitors.size,
    connected: socket.connected,
  }),
  /** How many listen to what a monitor listens to. */
  listeners: () => ({
    socket: SOCKET_EVENTS.map((name) => socket.listeners(name).length),
    any: socket.listenersAny().length,
    manager: MANAGER_EVENTS.map((name) => socket.io.listeners(name).length),
    upgrade: socket.io.engine?.listeners('upgrade').length ?? 0,
  }),
};

export type Stage = typeof stage;

Object.assign(window, { stage });
