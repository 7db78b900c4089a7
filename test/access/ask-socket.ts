/** Asks by events on a socket, and describes what happens in the words of the policy. */

import { type Asking, honestly, routeOf } from './asking.js';
import { Conversation } from './conversation.js';
import { DEFAULT_KEY, secret } from './credentials.js';
import { KEPT, OF_OTHER, type SocketVerb, WRITTEN } from './verbs.js';

/** A session as its client knows it. */
export interface Session {
  readonly session_id: string;
  readonly session_secret: string;
  readonly generation: number;
  readonly epoch: string;
  readonly cursor: string;
}

type Reply = Readonly<Record<string, unknown>>;

export async function askSocket(
  verb: SocketVerb,
  asking: Asking,
  victim: Session,
): Promise<string> {
  const { answers, credentials, credential } = asking;
  const opened = await Conversation.open(verb.transport, routeOf(asking));
  if ('refusal' in opened) return opened.refusal;
  const { talk } = opened;
  const token = credentials.tokens[credential];
  try {
    await talk.join(token === undefined ? {} : { token });
    return await new Visitor(talk, asking, victim).does(verb);
  } finally {
    for (const packet of talk.packets) answers.add(withoutReceipt(packet));
    talk.end();
  }
}

/** The receipt of a session is for its own client. */
const withoutReceipt = (packet: string): string =>
  packet.replace(/^(43\d+\[\{"ok":true,.*)"session_secret":"[\w-]+"/, '$1');

/** Registers the right user's session, which stays. */
export async function openVictim(
  asking: Asking,
  since: 'start' | 'now' = 'now',
): Promise<Session & { readonly talk: Conversation }> {
  const opened = await Conversation.open('websocket', routeOf(asking));
  if ('refusal' in opened) throw new Error(`The right user is refused: ${opened.refusal}`);
  const { talk } = opened;
  await talk.join({ token: asking.credentials.tokens.right });
  const visitor = new Visitor(talk, asking, undefined);
  const receipt = await visitor.register({ thread_id: KEPT, since });
  return { ...(receipt as unknown as Session), talk };
}

/** A client on its connection. */
class Visitor {
  readonly #talk: Conversation;
  readonly #asking: Asking;
  /** A session of the right user on another connection. */
  readonly #victim: Session | undefined;

  constructor(talk: Conversation, asking: Asking, victim: Session | undefined) {
    this.#talk = talk;
    this.#asking = asking;
    this.#victim = victim;
  }

  async does({ does }: SocketVerb): Promise<string> {
    switch (does) {
      case 'register':
        return outcomeOf(await this.register({ thread_id: WRITTEN }));
      case 'claim':
        return this.#claim();
      case 'register (v1)':
        return this.#tell('register_session', 'session_registered');
      case 'join (v1)':
        return this.#tell('force_room_join', 'room_joined');
      case 'ask again (v1)':
        await this.#tell('register_session', 'session_registered');
        return this.#tell(
          'request_missed_messages',
          'missed_messages_status',
          'missed_messages_delivered',
        );
      case 'ask for its status (v1)':
        this.#talk.emit('debug_socket_status');
        await this.#talk.heard('debug_status');
        return 'ok';
      default:
        return this.#use(does);
    }
  }

  /** With the token of this credential. */
  async register(fields: object): Promise<Reply> {
    const { credentials, credential, claims } = this.#asking;
    const token = credentials.tokens[credential];
    const instance = secret();
    claims.add(instance);
    const message = { protocol: 2, instance, attempt: 1, ...(token && { token }), ...fields };
    const reply = await this.#talk.ask('register_session', message);
    if (typeof reply.session_secret === 'string') claims.add(reply.session_secret);
    return reply;
  }

  /** The session of a client that has gone. */
  async #claim(): Promise<string> {
    const { credential } = this.#asking;
    const { talk, session_id, session_secret, generation, epoch } = await openVictim(
      { ...honestly(this.#asking), credential: 'right' },
      'start',
    );
    // A session whose client has acknowledged nothing leaves no record that could be claimed.
    await talk.heard('thread_events');
    await talk.ask('thread_ack', { session_id, generation, epoch, offset: 1 });
    // It is away by then: a session that is still followed would be forked.
    await talk.ask('leave_session', { session_id, generation });
    talk.end();
    const wrong: Readonly<Partial<Record<typeof credential, string>>> = {
      default: DEFAULT_KEY,
      wrong: secret(),
    };
    const thread_id = credential === "other user's" ? OF_OTHER : KEPT;
    const presented = wrong[credential] ?? session_secret;
    if (presented !== DEFAULT_KEY) this.#asking.claims.add(presented);
    const claim = { session_id, session_secret: presented };
    const reply = await this.register({ thread_id, ...claim });
    const isSame = reply.session_id === session_id;
    if (isSame !== (reply.outcome === 'resumed')) return `${reply.outcome}, of another session`;
    return reply.ok === true ? String(reply.outcome) : outcomeOf(reply);
  }

  /** On the own session if it can be registered, else on one that is not its own. */
  async #use(does: SocketVerb['does']): Promise<string> {
    const reply = await this.register({ thread_id: WRITTEN });
    const own = reply.ok === true ? (reply as unknown as Session) : this.#victim;
    if (!own) throw new Error('There is no session');
    const { session_id, generation, epoch, cursor } = own;
    const now = new Date().toISOString();
    const at = { session_id, generation, epoch, offset: 0 };
    const sent = { session_id, message_id: secret(), event: 'note', data: 1 };
    const messages: Readonly<
      Partial<Record<typeof does, readonly [event: string, payload: object]>>
    > = {
      send: ['thread_send', sent],
      'send aside': ['thread_send', { ...sent, ephemeral: true }],
      resume: ['thread_resume', { session_id, cursor }],
      acknowledge: ['thread_ack', { ...at, offset: 1 }],
      ping: ['ping', at],
      leave: ['leave_session', { session_id, generation }],
      'answer a ping': [
        'system_ping_response',
        { thread_id: KEPT, timestamp: now, received_at: now },
      ],
    };
    const [event, payload] = messages[does] ?? ['', {}];
    return outcomeOf(await this.#talk.ask(event, payload));
  }

  async #tell(event: string, ...answers: readonly string[]): Promise<string> {
    this.#talk.emit(event, { thread_id: WRITTEN });
    const [name, argument] = await this.#talk.heard(...answers, 'error');
    if (name !== 'error' && argument.success !== false) return 'ok';
    const [, fault] = name === 'error' ? [name, argument] : await this.#talk.heard('error');
    return String(fault.code);
  }
}

function outcomeOf(reply: Reply): string {
  if (reply.ok === false) return (reply.error as { code: string }).code;
  return reply.owner === false ? 'no owner' : 'ok';
}
