import { createServer } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import { Server } from 'socket.io';
import { answer } from '../model.js';

const app = express();
const http = createServer(app);
const io = new Server(http);

io.on('connection', (socket) => {
  socket.on('join', (room) => socket.join(room));
  socket.on('ask', async ({ room, question }) => {
    io.to(room).emit('question', question);
    for await (const token of answer(question)) io.to(room).emit('token', token);
  });
});

app.use(express.static(join(import.meta.dirname, 'dist')));
http.listen(process.env.PORT ?? 3000, () => console.log(`http://localhost:${http.address().port}`));
