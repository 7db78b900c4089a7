/**
 * Checks the origin of every Engine.IO request. Engine.IO itself asks `allowRequest` only at the handshake, and a page
 * of any origin can make requests without an `Origin` header: by JSONP, which is a script tag.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setAnswerHeaders } from '../access/answer-headers.js';
import type { OriginCheck } from '../access/origin-check.js';

/** Engine.IO's code for a refused handshake. */
const FORBIDDEN = 4;
const ALLOW_ORIGIN = 'access-control-allow-origin';

/** A request as Engine.IO's middleware gets it, with its query parsed. */
export type EngineRequest = IncomingMessage & {
  readonly _query?: Readonly<Record<string, string | undefined>>;
};

type Middleware = (
  request: EngineRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** The middleware to give to `engine.use`. */
export function guardRequests(check: OriginCheck): Middleware {
  return (request, response, next) => {
    // Node goes on with the requests that it has read of a connection that was cut.
    if (request.socket.destroyed) return;
    setAnswerHeaders(response);
    const refuse = (message: string): void => {
      // Engine.IO answers an upgrade with 400 and ends its connection.
      if (request.headers.upgrade !== undefined) next(new Error(message));
      else answer(response, message);
    };
    if (isScript(request)) {
      refuse('JSONP is refused: it lets pages of other origins in.');
      return;
    }
    check.admit(request).then((admitted) => {
      if (!admitted.ok) {
        refuse(admitted.fault.message);
        return;
      }
      // Socket.IO has applied its own option `cors` before.
      if (admitted.value !== undefined && response.getHeader(ALLOW_ORIGIN) === undefined) {
        response.setHeader(ALLOW_ORIGIN, admitted.value);
        response.setHeader('vary', 'Origin');
      }
      next();
    }, next);
  };
}

const isScript = ({ headers, _query }: EngineRequest): boolean =>
  _query?.j !== undefined || headers['sec-fetch-dest'] === 'script';

function answer(response: ServerResponse, message: string): void {
  response.writeHead(403, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ code: FORBIDDEN, message }));
}
