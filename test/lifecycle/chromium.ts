/**
 * A Chromium with its default features, driven over its own protocol. Playwright switches the back-forward cache
 * off, and cannot follow a page out of it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { temporaryFolder } from '../support/app.js';
import { until } from '../support/until.js';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Lets a local page open connections to this machine.
  '--disable-features=LocalNetworkAccessChecks',
  '--remote-debugging-port=0',
];

type Answer = Record<string, unknown>;
interface Asked {
  readonly resolve: (result: Answer) => void;
  readonly reject: (error: Error) => void;
}
interface TargetInfo {
  readonly targetId: string;
  readonly type: string;
  readonly url: string;
}

export class Chromium {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #removeProfile: () => Promise<void>;
  readonly #asked = new Map<number, Asked>();
  #sequence = 0;

  private constructor(child: ChildProcess, socket: WebSocket, removeProfile: () => Promise<void>) {
    this.#process = child;
    this.#socket = socket;
    this.#removeProfile = removeProfile;
    socket.on('message', (data) => {
      const { id, result, error } = JSON.parse(String(data)) as {
        id?: number;
        result?: Answer;
        error?: { message: string };
      };
      const asked = this.#asked.get(id ?? -1);
      this.#asked.delete(id ?? -1);
      if (error) asked?.reject(new Error(error.message));
      else asked?.resolve(result ?? {});
    });
    socket.on('close', () => {
      for (const { reject } of this.#asked.values()) reject(new Error('Chromium has gone'));
    });
  }

  static async launch(): Promise<Chromium> {
    const profile = await temporaryFolder();
    const child = spawn('/usr/bin/chromium', [...ARGUMENTS, `--user-data-dir=${profile.path}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (!child.stderr) throw new Error('Chromium has no stderr');
    let address: string | undefined;
    const lines = createInterface(child.stderr);
    lines.on('line', (line) => {
      address ??= /^DevTools listening on (ws:.+)$/.exec(line)?.[1];
    });
    const url = await until('Chromium listens', () => address);
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return new Chromium(child, socket, profile.remove);
  }

  async open(url: string): Promise<Tab> {
    const { targetId } = await this.ask('Target.createTarget', { url });
    return this.attach(String(targetId));
  }

  /** The newest tab that a page has opened. */
  async opened(known: readonly Tab[]): Promise<Tab> {
    const targetId = await until('a tab is opened', async () => {
      const { targetInfos } = await this.ask('Target.getTargets', {});
      const ids = known.map(({ id }) => id);
      const isNew = ({ type, url, targetId: id }: TargetInfo) =>
        type === 'page' && url.startsWith('http') && !ids.includes(id);
      return (targetInfos as TargetInfo[]).find(isNew)?.targetId;
    });
    return this.attach(targetId);
  }

  private async attach(targetId: string): Promise<Tab> {
    const { sessionId } = await this.ask('Target.attachToTarget', { targetId, flatten: true });
    return new Tab(this, targetId, String(sessionId));
  }

  /** Stops every process that runs pages, like a sleeping machine; returns the function that continues them. */
  async freeze(): Promise<() => void> {
    const { processInfo } = await this.ask('SystemInfo.getProcessInfo', {});
    const pids = (processInfo as { type: string; id: number }[])
      .filter(({ type }) => type === 'renderer')
      .map(({ id }) => id);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    };
  }

  ask(method: string, params: object, sessionId?: string): Promise<Answer> {
    const id = ++this.#sequence;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    });
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#socket.close();
    this.#process.kill('SIGKILL');
    await exited;
    // Its children may still be writing.
    await until('the profile is gone', () =>
      this.#removeProfile().then(
        () => true,
        () => false,
      ),
    );
  }
}

export class Tab {
  readonly id: string;
  readonly #chromium: Chromium;
  readonly #session: string;

  constructor(chromium: Chromium, id: string, session: string) {
    this.#chromium = chromium;
    this.id = id;
    this.#session = session;
  }

  ask(method: string, params: object = {}): Promise<Answer> {
    return this.#chromium.ask(method, params, this.#session);
  }

  /** The value of an expression in the page; undefined while there is no page. */
  async evaluate<T>(expression: string): Promise<T | undefined> {
    const params = { expression, returnByValue: true, userGesture: true };
    const { result } = await this.ask('Runtime.evaluate', params).catch(() => ({ result: {} }));
    return (result as { value?: T }).value;
  }

  async close(): Promise<void> {
    await this.#chromium.ask('Target.closeTarget', { targetId: this.id });
  }
}
