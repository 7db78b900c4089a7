/**
 * A client that reaches this machine over another interface than loopback: in another network namespace, at the other
 * end of a virtual cable. Without the right to make one, connections go to another address of this machine.
 */

import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Lab } from '../support/lab.js';
import { Remote } from '../support/remote.js';
import { times } from '../support/until.js';

const RELAY = fileURLToPath(new URL('./relay.mjs', import.meta.url));
const run = promisify(execFile);

interface Target {
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly from: readonly string[];
}

interface Commands {
  readonly open: (target: Target) => void;
  readonly [name: string]: (argument: never) => unknown;
}

export interface OtherInterface {
  /** How it is made. */
  readonly kind: string;
  /** The address of this machine that its clients connect to. */
  readonly host: string;
  /** Resolves with a socket in the file system that leads to the port of that address. */
  open(port: number): Promise<string>;
}

export async function otherInterface(lab: Lab): Promise<OtherInterface> {
  const folder = await lab.folder();
  const { relay, kind, host, from } = await inNamespace(lab).catch((error: Error) =>
    onThisMachine(lab, error),
  );
  return {
    kind,
    host,
    async open(port) {
      const path = join(folder, String(port));
      await relay.ask('open', { path, host, port, from });
      return path;
    },
  };
}

async function inNamespace(lab: Lab) {
  // The kernel removes the namespace, and both ends of the cable, when the last process in it has ended.
  const relay = await startRelay(lab, ['unshare', '--net']);
  const { pid } = relay.child;
  const [ours, theirs] = [`sm${pid}`, `smp${pid}`];
  // Addresses for tests of networks (RFC 2544); those of two processes differ.
  const network = `198.${18 + ((pid >> 8) & 1)}.${pid & 255}`;
  const inside = (...args: string[]) =>
    run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...args]);
  await run('ip', ['link', 'add', ours, 'type', 'veth', 'peer', 'name', theirs, 'netns', `${pid}`]);
  await run('ip', ['address', 'add', `${network}.1/24`, 'dev', ours]);
  await run('ip', ['link', 'set', ours, 'up']);
  await inside('address', 'add', `${network}.2/24`, 'dev', theirs);
  await inside('link', 'set', 'lo', 'up');
  await inside('link', 'set', theirs, 'up');
  // Each connection may come from another address, as of another client.
  await inside('route', 'add', 'local', `${network}.128/25`, 'dev', 'lo');
  const from = times(120, (index) => `${network}.${128 + index}`);
  return { relay, kind: 'a network namespace', host: `${network}.1`, from };
}

async function onThisMachine(lab: Lab, reason: Error) {
  const host = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  if (host === undefined) {
    throw new Error('There is no network namespace and no other interface.', { cause: reason });
  }
  const why = reason.message.trim().split('\n').at(-1);
  const kind = `another address of this machine (no network namespace: ${why})`;
  return { relay: await startRelay(lab), kind, host, from: [] };
}

async function startRelay(lab: Lab, under: readonly string[] = []): Promise<Remote<Commands>> {
  const relay = await Remote.start<Commands>(RELAY, { under });
  lab.defer(() => relay.stop());
  return relay;
}
