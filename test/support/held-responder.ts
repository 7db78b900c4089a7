import type { Responder } from '@session-monitor/server';
import { hold } from './until.js';

/** A responder that stops in the middle, after 'Half a reply', until it is released. */
export function heldResponder(): { readonly responder: Responder; readonly release: () => void } {
  const { released, release } = hold();
  const responder: Responder = async function* () {
    yield { type: 'analysis', text: 'Reading the question.' };
    yield { type: 'knowledge', title: 'A book about halves' };
    for (const delta of ['Half', ' a', ' reply']) yield { type: 'message', delta };
    await released;
    for (const delta of [' and', ' the', ' rest.']) yield { type: 'message', delta };
    yield { type: 'next_action', text: 'Ask for more.', question: 'More?' };
  };
  return { responder, release };
}
