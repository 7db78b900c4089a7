/**
 * What axe-core finds on a page as it is now. It runs in an isolated world, so that the page's policy,
 * its timers, faked or not, and its globals stay untouched.
 */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { CDPSession, Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** One line for each violation, with its elements. */
const RUN = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`;

/** A world lasts as long as the CDP session that created it, so that axe-core loads once for a document. */
const sessions = new WeakMap<Page, Promise<CDPSession>>();

export async function violationsOn(page: Page): Promise<readonly string[]> {
  const opening = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, opening);
  const cdp = await opening;
  const { frameTree } = await cdp.send('Page.getFrameTree');
  const { executionContextId: contextId } = await cdp.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'axe',
  });
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', {
      expression,
      contextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  if ((await evaluate('typeof axe')) === 'undefined') await evaluate(await readFile(AXE, 'utf8'));
  return (await evaluate(RUN)) as readonly string[];
}
