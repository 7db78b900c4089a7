/** A conversation: how the connection is, the replies as they are written, a question. */

import { useSessionMonitor, useThread } from '@session-monitor/client/react';
import { useState } from 'react';
import type { Socket } from 'socket.io-client';
import { Composer } from './composer.js';
import { ReplyView } from './reply-view.js';
import { StatusLine } from './status-line.js';
import { ThreadList } from './thread-list.js';

interface ConversationProps {
  readonly socket: Socket;
  readonly thread_id: string;
}

export function Conversation({ socket, thread_id }: ConversationProps) {
  const { monitor, status } = useSessionMonitor(socket, { thread_id });
  const { replies, gaps } = useThread(monitor);
  const [problem, setProblem] = useState('');
  const sending = status.runs.filter(({ state }) => state === 'sending');
  const isRunning = replies.some(({ state }) => state === 'running');
  const complain = ({ message }: Error) => setProblem(message);

  const ask = (question: string) => {
    setProblem('');
    // Posted until the server has it, however long the network is away.
    monitor.sendMessage(question).catch(complain);
  };

  return (
    <main>
      <header>
        <h1>Conversation “{thread_id}”</h1>
        <StatusLine status={status} />
        <ThreadList current={thread_id} version={`${replies.length} ${isRunning}`} />
      </header>
      <div className="scroller">
        <ol className="messages" aria-label="Questions and replies">
          {gaps.length > 0 && (
            <li className="note">Some of this conversation is no longer kept.</li>
          )}
          {replies.map((reply) => (
            <ReplyView key={reply.run_id} reply={reply} />
          ))}
          {sending.map(({ message_id, user_input }) => (
            <li key={message_id} className="note">
              On its way: “{user_input}”
            </li>
          ))}
          {problem && <li className="note bad">{problem}</li>}
        </ol>
      </div>
      <Composer
        onAsk={ask}
        onCancel={isRunning ? () => monitor.cancel().catch(complain) : undefined}
      />
    </main>
  );
}
