/** A connection on which a test writes HTTP as it likes. */

import { connect, type Socket } from 'node:net';
import type { Lab } from './lab.js';
import { until } from './until.js';

interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** What follows the head. */
  readonly rest: string;
}

export class RawConnection {
  readonly socket: Socket;
  /** All that was answered. */
  text = '';
  closed = false;

  /** @param from an address of this machine */
  constructor(lab: Lab, url: string, from?: string) {
    const { hostname: host, port } = new URL(url);
    const local = from === undefined ? {} : { localAddress: from };
    this.socket = connect({ port: Number(port), host, ...local });
    this.socket.on('data', (chunk) => {
      this.text += chunk;
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('error', () => {});
    lab.defer(() => this.socket.destroy());
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** The answers that have come, the first of them first. */
  answers(): readonly RawAnswer[] {
    return this.text
      .split(/(?=HTTP\/1\.1 \d{3} )/)
      .filter((each) => each.includes('\r\n\r\n'))
      .map(parse);
  }

  /** Resolves with the answers once there are so many of them. */
  async received(count: number): Promise<readonly RawAnswer[]> {
    await until(`answer ${count} has come`, () => this.answers().length >= count, {
      state: () => this.text.slice(-500),
    });
    return this.answers();
  }
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(first.split(' ')[1]), headers, rest: text.slice(end + 4) };
}
