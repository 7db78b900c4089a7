/**
 * A conversation in React. Against `npm start` in another terminal:
 *
 *     npm run react --workspace examples
 */

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { io } from 'socket.io-client';
import '../../conversation.css';
import { Conversation } from './conversation.js';

// Made once, outside of the components; the monitor connects it.
const socket = io({ autoConnect: false });
const thread_id = new URLSearchParams(location.search).get('thread') ?? 'example';

createRoot(document.querySelector('#root') as HTMLElement).render(
  <StrictMode>
    <Conversation socket={socket} thread_id={thread_id} />
  </StrictMode>,
);
