/**
 * Encoded packets: Engine.IO 4's and, within its messages, those of Socket.IO's default parser on the namespace
 * `/`.
 */

export const ENGINE = { close: '1', ping: '2', pong: '3', message: '4' } as const;
const SOCKET = { connect: '0', disconnect: '1', event: '2', ack: '3' } as const;

export type SocketPacket =
  | { readonly type: 'connect'; readonly data?: unknown }
  | { readonly type: 'disconnect' }
  | { readonly type: 'event'; readonly id?: number; readonly args: readonly unknown[] }
  | { readonly type: 'ack'; readonly id: number; readonly args: readonly unknown[] };

export function encodePacket(packet: SocketPacket): string {
  switch (packet.type) {
    case 'connect':
      return `${SOCKET.connect}${packet.data === undefined ? '' : JSON.stringify(packet.data)}`;
    case 'disconnect':
      return SOCKET.disconnect;
    case 'event':
      return `${SOCKET.event}${packet.id ?? ''}${JSON.stringify(packet.args)}`;
    case 'ack':
      return `${SOCKET.ack}${packet.id}${JSON.stringify(packet.args)}`;
  }
}

export function decodePacket(text: string): SocketPacket {
  const type = text[0];
  if (type === SOCKET.disconnect) return { type: 'disconnect' };
  let start = 1;
  while (start < text.length && isDigit(text.charCodeAt(start))) start += 1;
  const data: unknown = start < text.length ? JSON.parse(text.slice(start)) : undefined;
  if (type === SOCKET.connect) return { type: 'connect', data };
  const args = data as readonly unknown[];
  if (type === SOCKET.ack) return { type: 'ack', id: Number(text.slice(1, start)), args };
  if (type !== SOCKET.event) throw new Error(`Not a packet: ${text.slice(0, 40)}`);
  return start === 1
    ? { type: 'event', args }
    : { type: 'event', id: Number(text.slice(1, start)), args };
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
