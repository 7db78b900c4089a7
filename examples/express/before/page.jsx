import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { io } from 'socket.io-client';

const room = new URLSearchParams(location.search).get('room') ?? 'lobby';
const socket = io();

function Chat() {
  const [replies, setReplies] = useState([]);
  useEffect(() => {
    const add = (message) =>
      setReplies((all) => [...all, { run_id: all.length, message, text: '' }]);
    const grow = (token) =>
      setReplies((all) =>
        all.map((m, n) => (n < all.length - 1 ? m : { ...m, text: m.text + token })),
      );
    socket.on('connect', () => socket.emit('join', room));
    socket.on('question', add);
    socket.on('token', grow);
    return () => socket.off();
  }, []);
  const ask = (form) => socket.emit('ask', { room, question: form.get('question') });

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
