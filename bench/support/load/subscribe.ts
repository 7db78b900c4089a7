import type { Dialect } from '../peers/peer.js';
import { SocketIoSubscriber } from './socket-io.js';
import type { Subscriber, SubscriberOptions } from './subscriber.js';
import { V2Subscriber } from './v2.js';
import { WsSubscriber } from './ws.js';

const SUBSCRIBERS = { ws: WsSubscriber, 'socket.io': SocketIoSubscriber, v2: V2Subscriber };

export const subscribe = (dialect: Dialect, options: SubscriberOptions): Subscriber =>
  new SUBSCRIBERS[dialect](options);
