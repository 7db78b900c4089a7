/** Plays generated inputs to the server, each grammar on connections of its kind. */

import { within } from '../../support/until.js';
import { HttpPeer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { RawPeer } from '../attacker/raw-peer.js';
import { SocketPeer } from '../attacker/socket-peer.js';
import { openWebSocket } from '../attacker/web-socket.js';
import type { Grammar } from './inputs.js';
import { Pool } from './pool.js';

/** Sends an input. Resolves with what is wrong with its answer, if something is. */
export type Player = (input: string | Buffer) => Promise<string | undefined>;

/** Inputs that one connection carries. */
const INPUTS_EACH = 50;
const OPEN_MS = 10_000;
/** How long a request waits for an answer: most wrong ones get one at once, or never. */
const ANSWER_MS = 300;
export const PLAYERS: Readonly<Record<Grammar, (kit: Kit) => Player>> = {
  events: webSocketPlayer,
  packets: webSocketPlayer,
  polling: pollingPlayer,
  frames: framePlayer,
  http: httpPlayer,
};

const wrongIn = (text: string): string | undefined =>
  /"code":"internal"|^HTTP\/1\.1 500 /.test(text) ? text.slice(0, 300) : undefined;

function webSocketPlayer({ port }: Kit): Player {
  const wrong: string[] = [];
  const pool = new Pool(INPUTS_EACH, async (number) => {
    const peer = new SocketPeer({
      port,
      address: addressOf(number),
      onText: (text) => {
        const found = wrongIn(text);
        if (found) wrong.push(found);
      },
    });
    await within(OPEN_MS, peer.ready);
    return peer.open ? peer : undefined;
  });
  return async (input) => {
    await pool.use(
      (peer) => peer.send(input),
      (peer) => peer.open,
    );
    // The answer to one of the inputs on the connection: its number is near this one's.
    return wrong.shift();
  };
}

interface PollingSession {
  readonly peer: HttpPeer;
  readonly path: string;
  open: boolean;
  close(): void;
}

function pollingPlayer({ port }: Kit): Player {
  const pool = new Pool<PollingSession>(INPUTS_EACH, async (number) => {
    const peer = new HttpPeer(port, addressOf(number));
    const { text } = await peer.ask({ path: '/socket.io/?EIO=4&transport=polling' });
    const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
    if (sid === undefined) return undefined;
    const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const close = () => {
      void peer.ask({ method: 'POST', path, body: '1' }).then(() => peer.close());
    };
    return { peer, path, open: true, close };
  });
  return (input) =>
    pool.use(
      async (session) => {
        const headers = { 'content-type': 'text/plain;charset=UTF-8' };
        const body = String(input);
        const { status, text } = await session.peer.ask({
          method: 'POST',
          path: session.path,
          headers,
          body,
        });
        if (status !== 200) session.open = false;
        return status === 500 ? text.slice(0, 300) : wrongIn(text);
      },
      ({ open }) => open,
    );
}

function framePlayer({ port }: Kit): Player {
  const pool = new Pool(INPUTS_EACH, (number) => openWebSocket(port, addressOf(number)));
  return async (input) => {
    await pool.use(
      (peer) => peer.write(input),
      (peer) => peer.open,
    );
    return undefined;
  };
}

function httpPlayer({ port }: Kit): Player {
  let number = 0;
  return async (input) => {
    number += 1;
    const peer = new RawPeer(port, addressOf(number));
    const answered = new Promise((resolve) => peer.socket.once('data', resolve));
    peer.write(input);
    await within(ANSWER_MS, Promise.race([answered, peer.closed]));
    peer.close();
    return wrongIn(peer.text);
  };
}
