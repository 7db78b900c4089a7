/** Polling sessions: the handshake, the join and the payloads of their requests. */

import { HttpPeer } from './http-peer.js';

const TEXT = { 'content-type': 'text/plain;charset=UTF-8' };
const PATH = '/socket.io/?EIO=4&transport=polling';
/** Between the packets of one payload. */
export const SEPARATOR = '\u001e';

export interface PollingSession {
  readonly sid: string;
  /** Joins the default namespace. */
  join(): Promise<number>;
  /** Posts a payload; resolves with the status. */
  post(payload: string): Promise<number>;
}

/** Resolves with undefined if the server does not let the peer in. */
export async function openPolling(peer: HttpPeer): Promise<PollingSession | undefined> {
  const { text } = await peer.ask({ path: PATH });
  const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
  if (sid === undefined) return undefined;
  const post = async (payload: string) => {
    const request = { method: 'POST', path: `${PATH}&sid=${sid}`, headers: TEXT, body: payload };
    return (await peer.ask(request)).status;
  };
  return { sid, post, join: () => post('40') };
}

/** Whether the server has forgotten a session: it answers a poll with 400. */
export async function isForgotten(port: number, address: string, sid: string): Promise<boolean> {
  const peer = new HttpPeer(port, address);
  const { status } = await peer.ask({ path: `${PATH}&sid=${sid}`, headOnly: true });
  peer.close();
  return status === 400;
}
