/**
 * Passes connections on, from a socket in the file system to a TCP port: it may run in another network namespace, which
 * shares the file system.
 */

import { connect, createServer } from 'node:net';
import { answerWith } from '../support/answer.mjs';

let opened = 0;

answerWith({
  /** `from` are the addresses that connections come from, in turn. */
  open: ({ path, host, port, from }) =>
    new Promise((resolve) => {
      const server = createServer((client) => {
        opened += 1;
        const localAddress = from[opened % from.length];
        const target = connect({ host, port, ...(localAddress && { localAddress }) });
        for (const [one, other] of [
          [client, target],
          [target, client],
        ]) {
          one.on('error', () => other.destroy());
          one.on('close', () => other.destroy());
          one.pipe(other);
        }
      });
      server.listen(path, () => resolve(true));
    }),
});
