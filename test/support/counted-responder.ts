import type { Responder } from '@session-monitor/server';

/** A responder that records the messages that it is asked. */
export function counted(responder: Responder): { responder: Responder; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    responder: (request, context) => {
      asked.push(request.user_input);
      return responder(request, context);
    },
  };
}
