/** Plays generated inputs to the server, each grammar on connections of its kind. */

import { within } from '../../support/until.js';
import { HttpPeer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { openPolling } from '../attacker/polling.js';
import { RawPeer } from '../attacker/raw-peer.js';
import { isReceipt, SocketPeer } from '../attacker/socket-peer.js';
import { tokenOf } from '../attacker/token.js';
import { JOIN_FRAME, openWebSocket } from '../attacker/web-socket.js';
import { SESSION } from './events.js';
import type { Grammar } from './inputs.js';
import { Pool } from './pool.js';

export interface Player {
  /** Sends an input. Resolves with what is wrong with its answer, if something is. */
  readonly play: (input: string | Buffer) => Promise<string | undefined>;
  /** Closes its connections. */
  readonly close: () => void;
}

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

/** Each connection follows a thread: inputs that name its session get past the check of rights. */
function webSocketPlayer({ port }: Kit): Player {
  const token = tokenOf('crowd');
  const wrong: string[] = [];
  const onText = (text: string): void => {
    const found = wrongIn(text);
    if (found) wrong.push(found);
  };
  const pool = new Pool(INPUTS_EACH, async (number) => {
    const peer = new SocketPeer({ port, address: addressOf(number), onText });
    await within(OPEN_MS, peer.ready);
    const instance = `instance-of-${number}`.padEnd(22, '-');
    const receipt = await peer.register('crowd:malformed', instance, {
      token: await token,
      since: 'now',
    });
    const session = isReceipt(receipt) ? receipt.session_id : SESSION;
    const send = (input: string) => peer.send(input.replaceAll(SESSION, session));
    return peer.open ? { peer, send, close: () => peer.close() } : undefined;
  });
  const play = async (input: string | Buffer) => {
    await pool.use(
      ({ send }) => send(String(input)),
      ({ peer }) => peer.open,
    );
    // The answer to one of the inputs on the connection: its number is near this one's.
    return wrong.shift();
  };
  return { play, close: () => pool.close() };
}

function pollingPlayer({ port }: Kit): Player {
  const pool = new Pool(INPUTS_EACH, async (number) => {
    const peer = new HttpPeer(port, addressOf(number));
    const session = await openPolling(peer);
    if (!session) return undefined;
    await session.join();
    const close = () => void session.post('1').then(() => peer.close());
    return { session, close, open: true };
  });
  const play = (input: string | Buffer) =>
    pool.use(
      async (connection) => {
        const status = await connection.session.post(String(input));
        if (status !== 200) connection.open = false;
        return status === 500 ? 'the status 500' : undefined;
      },
      ({ open }) => open,
    );
  return { play, close: () => pool.close() };
}

function framePlayer({ port }: Kit): Player {
  const pool = new Pool(INPUTS_EACH, async (number) => {
    const peer = await openWebSocket(port, addressOf(number));
    peer?.write(JOIN_FRAME);
    return peer;
  });
  const play = async (input: string | Buffer) => {
    await pool.use(
      (peer) => peer.write(input),
      (peer) => peer.open,
    );
    return undefined;
  };
  return { play, close: () => pool.close() };
}

function httpPlayer({ port }: Kit): Player {
  let number = 0;
  const play = async (input: string | Buffer) => {
    number += 1;
    const peer = new RawPeer(port, addressOf(number));
    const answered = new Promise((resolve) => peer.socket.once('data', resolve));
    peer.write(input);
    await within(ANSWER_MS, Promise.race([answered, peer.closed]));
    peer.close();
    return wrongIn(peer.text);
  };
  return { play, close: () => {} };
}
