/** What operators may do from this page, beside looking: on most servers nothing. */

import type { OperatorRights } from '../model/answers.js';
import { useAnswer } from './use-answer.js';

const ACTIONS_PATH = 'debug/actions';

export function useMayAct(): boolean {
  const { value } = useAnswer<OperatorRights>(ACTIONS_PATH);
  return value !== undefined && value.actions.length > 0;
}

/** Whether an operator with a permission for it may see what users have written. */
export function useMayRead(): boolean {
  const { value } = useAnswer<OperatorRights>(ACTIONS_PATH);
  return value?.payloads === true;
}
