/** The recipe of docs/authorisation.md, which takes the token of the handshake, too: a v1 client has no other. */

import { jwtVerify } from 'jose';

const key = new TextEncoder().encode(process.env.JWT_SECRET);

/** @type {import('@session-monitor/server').Authorize} */
export default async ({ action, thread_id, token, auth }) => {
  const { payload } = await jwtVerify(String(token ?? auth.token), key, { algorithms: ['HS256'] });
  if (action === 'administer')
    return { admin: payload.admin === true, payloads: payload.payloads === true };
  if (action === 'list') return { user_id: payload.sub };
  return thread_id.startsWith(`${payload.sub}:`)
    ? { user_id: payload.sub }
    : { denied: 'forbidden' };
};
