/**
 * The core as a shell drives it: `step(RULES, state, event)` until the monitor is stopped. It decides all that a
 * follower does on a server that speaks v2; `v1.ts` adds the rules of the older dialect.
 */

export { initialState, type State } from './state.js';
export { RULES, type Rules, step } from './step.js';
