import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { io } from 'socket.io-client';
import { expect, test } from 'vitest';
import { useSessionMonitor } from './use-session-monitor.js';
import { useThread } from './use-thread.js';

test('on a server a conversation is rendered before its beginning, and nothing begins', () => {
  const socket = io('http://127.0.0.1:1', { autoConnect: false });
  const token = () => {
    throw new Error('A render on a server asked for a token.');
  };
  function Conversation() {
    const { monitor, status } = useSessionMonitor(socket, { thread_id: 't', token });
    const { replies, events } = useThread(monitor);
    return createElement('p', null, `${status.state} ${replies.length} ${events.length}`);
  }
  const before = process.getActiveResourcesInfo();
  expect(renderToString(createElement(Conversation))).toBe('<p>idle 0 0</p>');
  expect(process.getActiveResourcesInfo()).toEqual(before);
  expect([socket.active, socket.connected]).toEqual([false, false]);
  expect([socket.listeners('connect'), socket.listenersAny()]).toEqual([[], []]);
});

test('a thread_id that cannot be followed throws where it is rendered', () => {
  const socket = io('http://127.0.0.1:1', { autoConnect: false });
  function Conversation() {
    return useSessionMonitor(socket, { thread_id: 'not a name' }).status.state;
  }
  expect(() => renderToString(createElement(Conversation))).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_THREAD_ID' }),
  );
});
