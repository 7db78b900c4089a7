/** Settings that work and are not safe, each with what mends it. Pure. */

import { isLoopback, readAddress, showAddress } from '@session-monitor/server/internal';
import { type Config, isDevelopment } from './config.js';
import { flagOf, VARIABLE_NAMES, VARIABLES, type VariableName } from './variables.js';

/** What is known of the process besides its settings. */
export interface ProcessFacts {
  /** The variables that were given as flags. */
  readonly flags: readonly VariableName[];
  readonly isRoot: boolean;
}

export interface UnsafeSetting {
  /** The variable, or `user` for the one that the process runs as. */
  readonly setting: VariableName | 'user';
  /** One line: what is set, what may come of it, and what to do. */
  readonly text: string;
}

type Rule = (config: Config, facts: ProcessFacts) => readonly UnsafeSetting[];

const unsafe = (
  setting: UnsafeSetting['setting'],
  isSo: boolean,
  text: string,
): readonly UnsafeSetting[] => (isSo ? [{ setting, text }] : []);

/** In development mode only what others on this machine can read counts. */
export function unsafeSettings(config: Config, facts: ProcessFacts): readonly UnsafeSetting[] {
  const rules = isDevelopment(config) ? [secretsOnCommandLine] : RULES;
  return rules.flatMap((rule) => rule(config, facts));
}

const secretsOnCommandLine: Rule = (_config, { flags }) =>
  flags
    .filter((name) => 'secret' in VARIABLES[name])
    .map((name) => ({
      setting: name,
      text: `${flagOf(name)} stands on the command line, which other users of this machine can read. Set ${name} in the environment.`,
    }));

const RULES: readonly Rule[] = [
  secretsOnCommandLine,
  (_config, { isRoot }) =>
    unsafe(
      'user',
      isRoot,
      'The process runs as root: a flaw in it, or in your module, is one in the whole machine. Run it as a user that owns nothing else.',
    ),
  ({ HOST, TRUST_PROXY }) =>
    unsafe(
      'HOST',
      !isLoopback(HOST) && TRUST_PROXY === 'no',
      `HOST is ${HOST} and TRUST_PROXY is no: tokens and words travel as plain text. Put a proxy with TLS in front, and set TRUST_PROXY=yes.`,
    ),
  ({ ALLOWED_HOSTS }) =>
    unsafe(
      'ALLOWED_HOSTS',
      ALLOWED_HOSTS.length === 0,
      'ALLOWED_HOSTS is empty: the server answers under any name that leads to it, also under one of an attacker. List its host names.',
    ),
  ({ ORIGINS }) =>
    ORIGINS.filter(
      (origin) => origin.startsWith('http:') && !isLoopback(new URL(origin).hostname),
    ).map((origin) => ({
      setting: 'ORIGINS',
      text: `ORIGINS holds ${origin}: a page without TLS can be changed on its way, and then acts as its user. Use https.`,
    })),
  ({ DEBUG_KEY_IN_URL, DEBUG_API_KEY }) =>
    unsafe(
      'DEBUG_KEY_IN_URL',
      DEBUG_KEY_IN_URL === 'yes' && DEBUG_API_KEY !== '',
      'DEBUG_KEY_IN_URL is yes: addresses stand in the logs of proxies and in histories. Leave it out, and send the key in the header Authorization.',
    ),
  (config) =>
    VARIABLE_NAMES.filter((name) => isLimit(name) && config[name] === 0).map((name) => ({
      setting: name,
      text: `${name} is 0: one client may take what the others need. Leave it out for ${VARIABLES[name].fallback}.`,
    })),
  ({ RETENTION_BYTES }) =>
    unsafe(
      'RETENTION_BYTES',
      RETENTION_BYTES === 0,
      `RETENTION_BYTES is 0: one thread may fill the disk. Leave it out for ${VARIABLES.RETENTION_BYTES.fallback}.`,
    ),
  ({ REDIS_URL }) => {
    if (REDIS_URL === '') return [];
    const address = readAddress(REDIS_URL);
    const shown = showAddress(address);
    const hosts = address.kind === 'server' ? [address] : 'hosts' in address ? address.hosts : [];
    const isElsewhere = hosts.some(({ host }) => !isLoopback(host));
    return [
      ...unsafe(
        'REDIS_URL',
        isElsewhere && !address.tls,
        `REDIS_URL leads to ${shown} without TLS: all conversations travel as plain text. Use rediss://.`,
      ),
      ...unsafe(
        'REDIS_URL',
        isElsewhere && address.password === undefined,
        `REDIS_URL holds no password: what reaches ${shown} reads and changes all conversations. Give Redis one.`,
      ),
    ];
  },
  ({ REDIS_WAIVE }) =>
    REDIS_WAIVE.map((name) => ({
      setting: 'REDIS_WAIVE',
      text: `REDIS_WAIVE holds ${name}: Redis may lose what it has confirmed. Mend its configuration, and leave the waiver out.`,
    })),
];

/** Of a limit whose default is 0, that is no lack of one. */
const isLimit = (name: VariableName): boolean =>
  (name.startsWith('LIMIT_') || name === 'REGISTER_TIMEOUT_MS') && VARIABLES[name].fallback !== 0;
