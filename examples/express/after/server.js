import { createServer } from 'node:http';
import { join } from 'node:path';
import { createHandler } from '@session-monitor/http';
import { attachSessions } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import express from 'express';
import { Server } from 'socket.io';
import { answer } from '../model.js';

const app = express();
const http = createServer(app);
const io = new Server(http);

const store = await openLmdbStore({ path: './data' });
store.onFailure(() => process.exit(1));
const responder = ({ user_input }) => answer(user_input);
const sessions = attachSessions(io, { store, authorize: () => true, responder });

app.use(createHandler(sessions));
app.use(express.static(join(import.meta.dirname, 'dist')));
http.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${http.address().port}`));
