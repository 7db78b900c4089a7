/** The shape of a step's result, and the few ways to write one down. */

import type { Effect } from './effects.js';
import { TIMERS, type Timer } from './events.js';
import type { Counters, State } from './state.js';

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** The state stays as it is; the step may still have effects. */
export const unchanged = (state: State, effects: readonly Effect[] = []): Step => ({
  state,
  effects,
});

/** The state with some fields changed. */
export const next = (
  state: State,
  changes: Partial<State>,
  effects: readonly Effect[] = [],
): Step => ({ state: { ...state, ...changes }, effects });

/** A step that goes on from another's state; the effects of both, in order. */
export function andThen(first: Step, second: (state: State) => Step): Step {
  const { state, effects } = second(first.state);
  return { state, effects: [...first.effects, ...effects] };
}

/** Adds effects behind a step's own. */
export const withEffects = (step: Step, effects: readonly Effect[]): Step => ({
  state: step.state,
  effects: [...step.effects, ...effects],
});

/** The counters, with one of them raised. */
export const counted = (
  { counters }: State,
  name: keyof Counters,
  by = 1,
): { readonly counters: Counters } => ({
  counters: { ...counters, [name]: counters[name] + by },
});

export const setTimer = (timer: Timer, ms: number): Effect => ({ type: 'set_timer', timer, ms });

export const clearTimers = (...timers: readonly Timer[]): readonly Effect[] =>
  timers.map((timer) => ({ type: 'clear_timer', timer }));

/** No timer fires any more. */
export const clearAllTimers = (): readonly Effect[] => clearTimers(...TIMERS);
