/** An `authorize` that asks a slow backend: it grants everything, after a while. The token, or the claim, names the user. */

import { calls } from './calls.mjs';

const AFTER_MS = Number(process.env.ATTACK_AUTHORIZE_MS);
/** The healthy user is served at once: the attack is on `authorize`, not on its time. */
const AT_ONCE = 'healthy';

export default async ({ token, user_id: claimed }) => {
  const user_id = token ?? claimed ?? 'unknown';
  if (AFTER_MS === 0 || user_id.startsWith(AT_ONCE)) return { user_id };
  calls.now += 1;
  calls.most = Math.max(calls.most, calls.now);
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  calls.now -= 1;
  return { user_id: user_id.slice(0, 20) };
};
