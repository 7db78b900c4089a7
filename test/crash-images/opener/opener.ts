/** Runs the process that opens images, and starts it again when it dies. */

import { helper } from '../../harness/program.js';
import { Remote } from '../../support/remote.js';
import { within } from '../../support/until.js';
import type { Opened, OpenRequest } from './messages.js';
import type { OpenerHandlers } from './program.js';

/** The check before opening gives up after two minutes. */
const HANG_MS = 150_000;

export class Opener {
  #remote: Remote<OpenerHandlers> | undefined;

  async open(request: OpenRequest): Promise<Opened> {
    this.#remote ??= new Remote(helper('opener'));
    const answer = this.#remote.ask('open', request).catch(({ message }: Error): Opened => {
      return { result: 'crashed', message };
    });
    const opened = (await within(HANG_MS, answer)) ?? { result: 'hung' };
    if (opened.result === 'hung') await this.close();
    else if (!this.#remote.child.running) this.#remote = undefined;
    return opened;
  }

  async close(): Promise<void> {
    await this.#remote?.child.end('SIGKILL');
    this.#remote = undefined;
  }
}
