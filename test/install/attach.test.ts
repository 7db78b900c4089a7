/** How attachSessions treats the Socket.IO servers of apps: real ones, of every major version. */

import { expect } from 'vitest';
import { test } from '../support/lab.js';
import { Project } from './project.js';

const PROGRAM = `
import { createServer } from 'node:http';
import { attachSessions, createMemoryStore } from '@session-monitor/server';

const options = { store: createMemoryStore(), authorize: () => true };
const warnings = [];
const logger = { debug() {}, info() {}, error() {}, warn: (fields) => warnings.push(fields) };
async function attach(name, make) {
  const { Server, default: make2 } = await import(name);
  const io = make ? make(Server ?? make2) : new Server(createServer());
  try {
    attachSessions(io, { ...options, logger });
    console.log(name, 'attached', JSON.stringify(warnings.splice(0)));
    attachSessions(io, { ...options, logger });
  } catch ({ code, message }) {
    console.log(name, code, message);
  }
}
await attach('sio2', (io) => io(createServer()));
await attach('sio3');
await attach('sio46');
await attach('sio47');
await attach('socket.io');
await attach('socket.io', (Server) => new Server(createServer()).of('/chat'));
await attach('socket.io', (Server) => new Server());
await attach('socket.io', () => ({ on() {} }));
process.exit();
`;

test('attachSessions distinguishes old, vulnerable, unattached, doubled and wrong servers', async (lab) => {
  const project = await Project.create(lab);
  await project.npm('npm install @session-monitor/server socket.io');
  const aliases = ['2', '3', '4.6.2', '4.7.0'].map(
    (version) => `sio${version.replace('.', '').slice(0, 2)}@npm:socket.io@${version}`,
  );
  await project.npm(`npm install ${aliases.join(' ')}`);
  project.write('attach.mjs', PROGRAM);
  const { code, said } = await project.run('node', ['attach.mjs']);
  const lines = said.trim().split('\n');
  const twice = 'ERR_SOCKET_IO This Socket.IO server has sessions already';
  expect([code, lines]).toEqual([
    0,
    [
      expect.stringMatching(/^sio2 ERR_SOCKET_IO .*older than version 4\.7/),
      expect.stringMatching(/^sio3 ERR_SOCKET_IO .*older than version 4\.7/),
      expect.stringMatching(
        /^sio46 ERR_SOCKET_IO This app has socket\.io 4\.6\.2\. .*npm install socket\.io@4/,
      ),
      expect.stringMatching(/^sio47 attached \[.*"package":"engine\.io".*"floor":"6\.6\.10".*\]/),
      expect.stringContaining(`sio47 ${twice}`),
      'socket.io attached []',
      expect.stringContaining(`socket.io ${twice}`),
      'socket.io attached []',
      expect.stringContaining(`socket.io ${twice}`),
      expect.stringContaining(
        'socket.io ERR_SOCKET_IO This Socket.IO server has no HTTP server yet',
      ),
      expect.stringContaining('socket.io ERR_SOCKET_IO attachSessions needs a Socket.IO server'),
    ],
  ]);
}, 120_000);
