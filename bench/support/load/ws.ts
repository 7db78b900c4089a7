/** Raw WebSocket: `["name",data]`, or a list of them, in each message. */

import type { WebSocket } from 'ws';
import { type Entry, Subscriber, type SubscriberOptions } from './subscriber.js';

export class WsSubscriber extends Subscriber {
  constructor(options: SubscriberOptions) {
    super(options, '/');
  }

  protected override opened(socket: WebSocket): void {
    socket.on('open', () => socket.send(JSON.stringify(['join', this.options.thread])));
  }

  protected receive(text: string): void {
    const message = JSON.parse(text) as Entry | readonly Entry[] | readonly [string, number];
    const [first] = message;
    if (first === 'joined') this.settle();
    else if (first === 'pong') this.answered(message[1] as number);
    else if (typeof first === 'string') this.take((message as Entry)[1]);
    else for (const [, event] of message as readonly Entry[]) this.take(event);
  }

  protected sendPing(id: number): void {
    this.socket.send(JSON.stringify(['ping', id]));
  }
}
