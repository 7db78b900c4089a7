/** The servers of the matrix: each is the command `serve`, in a separate process. */

import { fileURLToPath } from 'node:url';
import type { Command } from '../support/command.js';
import type { Lab } from '../support/lab.js';
import { type Credentials, DEFAULT_KEY, secret } from './credentials.js';
import type { OtherInterface } from './other-interface.js';
import { CREDENTIALS, type Credential, type Setup } from './policy.js';

const HOOK = fileURLToPath(new URL('./authorize-hook.mjs', import.meta.url));
/** Development mode accepts a key that is short. */
const MAX_WEAK_KEY = 15;

interface Case {
  readonly setup: Setup;
  /** The key of `/debug` for a caller with the right one. */
  readonly debugKey: string;
  /** The credentials that it is asked with. */
  readonly askedWith: readonly Credential[];
}

export interface Server extends Case {
  readonly process: Command;
  readonly port: number;
  /** Its address on the other interface, and a socket in the file system that leads there. */
  readonly host: string;
  readonly aside: string;
  readonly dataDir: string;
}

/** Two servers are asked with every credential, two more with those that count for something else there. */
const TELLING: readonly Credential[] = ['no', 'default', "other user's", 'right'];

interface Start extends Case {
  readonly env: Readonly<Record<string, string>>;
}

/** Replies that are over at once, and no refusal because the machine is busy. */
const QUICK = {
  LIMIT_LOOP_DELAY_MS: '0',
  DEMO_WORDS: '1',
  DEMO_PARTS_PER_SECOND: '10000',
  RUNS_PER_THREAD: '1000',
  LIMIT_RUNS_PER_USER: '1000',
  DRAIN_MS: '0',
};

function startsFor({ signing }: Credentials, elsewhere: string): readonly Start[] {
  const key = secret();
  const weakKey = secret().slice(0, MAX_WEAK_KEY);
  const closed = {
    development: false,
    debugKeyInUrl: false,
    demo: false,
    dashboard: true,
    actions: false,
    payloads: false,
  } as const;
  return [
    {
      setup: {
        ...closed,
        name: 'development',
        development: true,
        policy: 'none',
        hosts: 'loopback',
        debugKey: 'none',
        demo: true,
        actions: true,
        payloads: true,
      },
      env: { DASHBOARD_ACTIONS: 'on', DEBUG_PAYLOADS: 'on' },
      debugKey: DEFAULT_KEY,
      askedWith: CREDENTIALS,
    },
    {
      setup: {
        ...closed,
        name: 'development with tokens',
        development: true,
        policy: 'AUTH_SECRET',
        hosts: 'loopback',
        debugKey: 'weak',
        demo: true,
        dashboard: false,
      },
      env: { AUTH_SECRET: signing, DEBUG_API_KEY: weakKey, DASHBOARD: 'off' },
      debugKey: weakKey,
      askedWith: TELLING,
    },
    {
      setup: {
        ...closed,
        name: 'production',
        policy: 'AUTH_SECRET',
        hosts: 'listed',
        debugKey: 'strong',
        actions: true,
        payloads: true,
      },
      env: {
        DASHBOARD_ACTIONS: 'on',
        DEBUG_PAYLOADS: 'on',
        MODE: 'production',
        HOST: '0.0.0.0',
        ALLOWED_HOSTS: `127.0.0.1,${elsewhere}`,
        AUTH_SECRET: signing,
        DEBUG_API_KEY: key,
      },
      debugKey: key,
      askedWith: CREDENTIALS,
    },
    {
      // As strict as production.
      setup: {
        ...closed,
        name: 'development on every interface, with a hook',
        policy: 'AUTHORIZE that reads handshakes, too',
        hosts: 'all',
        debugKey: 'strong',
        debugKeyInUrl: true,
        demo: true,
      },
      env: {
        HOST: '0.0.0.0',
        DEMO: 'on',
        AUTHORIZE: HOOK,
        JWT_SECRET: signing,
        DEBUG_API_KEY: key,
        DEBUG_KEY_IN_URL: 'yes',
      },
      debugKey: key,
      askedWith: TELLING,
    },
  ];
}

export function startServers(
  lab: Lab,
  credentials: Credentials,
  elsewhere: OtherInterface,
): Promise<readonly Server[]> {
  const starting = startsFor(credentials, elsewhere.host).map(async ({ env, ...given }) => {
    const dataDir = await lab.folder();
    const all = { LOG_LEVEL: 'trace', DATA_DIR: dataDir, ...QUICK, ...env };
    const { server, url } = await lab.serve(all);
    const port = Number(new URL(url).port);
    const aside = await elsewhere.open(port);
    return { ...given, process: server, port, host: elsewhere.host, aside, dataDir };
  });
  return Promise.all(starting);
}
