/** A handshake as any program can make it, from an address of this machine. */

import { type IncomingHttpHeaders, request } from 'node:http';

export interface HandshakeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface HandshakeOptions {
  /** On Linux all of 127.0.0.0/8 are addresses of this machine. */
  readonly from?: string;
  readonly transport?: 'polling' | 'websocket';
  readonly headers?: Record<string, string>;
}

/** Resolves with the answer; a WebSocket that was let in stays open until its socket is closed. */
export function handshake(
  url: string,
  { from = '127.0.0.2', transport = 'polling', headers = {} }: HandshakeOptions = {},
): Promise<HandshakeAnswer> {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/socket.io/?EIO=4&transport=${transport}`, {
      localAddress: from,
      agent: false,
      headers: { ...(transport === 'websocket' && upgrade), ...headers },
    });
    outgoing.on('error', reject);
    outgoing.on('upgrade', ({ headers }) => resolve({ status: 101, headers, text: '' }));
    outgoing.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, headers, text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.end();
  });
}
