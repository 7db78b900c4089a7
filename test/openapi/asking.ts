/** Asks servers through one recorder. */

import { range } from '../support/until.js';
import { readDocument } from './document.js';
import { type Expected, Recorder } from './recorder.js';
import { type Assets, type Granted, grantedRequests } from './requests.js';
import type { ApiRequest } from './send.js';
import type { Stage } from './stages.js';

export const OK: Expected = { status: 200 };
export const RIGHT = { authorization: 'Bearer right' };
/** More than any limit of this test admits. */
const MANY = 40;

export class Asking {
  readonly recorder = new Recorder(readDocument());
  readonly assets: Assets;

  constructor(assets: Assets) {
    this.assets = assets;
  }

  get granted(): readonly Granted[] {
    return grantedRequests(this.assets);
  }

  async each(
    { url }: Stage,
    wanted: (granted: Granted) => Expected | undefined | false,
    change: (request: ApiRequest) => ApiRequest = (request) => request,
  ): Promise<void> {
    for (const granted of this.granted) {
      const expected = wanted(granted);
      if (expected) await this.recorder.ask(url, change(granted.request), expected);
    }
  }

  get(url: string, path: string, expected: Expected = OK, headers: object = {}) {
    const request = { method: 'GET', path, headers: { ...RIGHT, ...headers } };
    return this.recorder.ask(url, request, expected);
  }

  post(url: string, path: string, body: unknown, expected: Expected = OK, until?: string) {
    const request = { method: 'POST', path, body, headers: RIGHT, ...(until && { until }) };
    return this.recorder.ask(url, request, expected);
  }

  /** Sends a request until it gets the answer. What it gets before is granted. */
  async until(url: string, request: ApiRequest, code: string, status: number): Promise<void> {
    for (const _ of range(1, MANY)) {
      const before = this.recorder.problems.length;
      const answer = await this.recorder.ask(url, request, { status, code });
      if (answer.status === status) return;
      this.recorder.problems.splice(before);
    }
    this.recorder.problems.push(`${request.method} ${request.path}: never ${status} ${code}`);
  }
}
