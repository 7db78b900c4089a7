import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { io } from 'socket.io-client';

const room = new URLSearchParams(location.search).get('room') ?? 'lobby';
const socket = io();

function Chat() {
  const [messages, setMessages] = useState([]);
  useEffect(() => {
    const add = (question) =>
      setMessages((all) => [...all, { run_id: all.length, question, text: '' }]);
    const grow = (token) =>
      setMessages((all) =>
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
      {messages.map(({ run_id, question, text, state }) => (
        <article key={run_id} data-state={state}>
          <strong>{question}</strong>
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
