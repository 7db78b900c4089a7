/** Whether operators may act from this page: most servers do not let them. */

import { useAnswer } from './use-answer.js';

export const ACTIONS_PATH = 'debug/actions';

export function useMayAct(): boolean {
  const { value } = useAnswer<{ readonly actions: readonly string[] }>(ACTIONS_PATH);
  return value !== undefined && value.actions.length > 0;
}
