/** Requests one after another over a connection that stays open, from an address of the attacker. */

import { Agent, request } from 'node:http';

export interface HttpAnswer {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Hangs up when the head of the answer has come: a stream does not end. */
  readonly headOnly?: true;
}

const ANSWER_MS = 60_000;

export class HttpPeer {
  readonly #port: number;
  readonly #address: string;
  readonly #agent: Agent;

  constructor(port: number, address: string) {
    this.#port = port;
    this.#address = address;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  ask({ method = 'GET', path, headers = {}, body, headOnly }: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          localAddress: this.#address,
          agent: this.#agent,
          timeout: ANSWER_MS,
          method,
          path,
          headers: {
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('close', () => resolve({ status: answer.statusCode ?? 0, text }));
          if (headOnly) sent.destroy();
        },
      );
      sent.on('timeout', () => sent.destroy());
      sent.on('error', () => resolve({ status: 0, text: '' }));
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
