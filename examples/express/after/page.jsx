import { useSessionMonitor, useThread } from '@session-monitor/client/react';
import { createRoot } from 'react-dom/client';
import { io } from 'socket.io-client';

const room = new URLSearchParams(location.search).get('room') ?? 'lobby';
const socket = io();

function Chat() {
  const { monitor } = useSessionMonitor(socket, { thread_id: room });
  const { replies } = useThread(monitor);
  const ask = (form) => monitor.sendMessage(form.get('question'));

  return (
    <>
      {replies.map(({ run_id, message, text, state }) => (
        <article key={run_id} data-state={state}>
          <strong>{message}</strong>
          <p>{text}</p>
        </article>
      ))}
      <form action={ask}>
        <input name="question" aria-label="Your question" required />
        <button type="submit">Ask</button>
      </form>
    </>
  );
}

createRoot(document.querySelector('#chat')).render(<Chat />);
