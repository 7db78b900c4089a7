/**
 * `session-monitor serve --check`: whether the server would start with this configuration, and which settings are not safe. It
 * listens nowhere and writes nothing.
 */

import { createServer } from 'node:net';
import { asError } from '@session-monitor/server/internal';
import { refuseUnsafe } from '../refuse-unsafe.js';
import { chooseAuthorize, chooseResponder } from './choose-code.js';
import type { CommandLine } from './command-line.js';
import { type Config, configProblems, type Given, isDevelopment, readConfig } from './config.js';
import { EXIT_USAGE } from './exit.js';
import { type ProcessFacts, unsafeSettings } from './safety.js';
import { checkStore } from './store.js';
import type { VariableName } from './variables.js';

type Flags = CommandLine['flags'];

/** One line of the report. */
interface Finding {
  /** `refused`: the server would not start. `unsafe`: it would. `unknown`: only a start can tell. */
  readonly level: 'refused' | 'unsafe' | 'unknown';
  readonly text: string;
}

/** Prints the report, and ends the process: with 0 if the server would start, with 2 if not. */
export async function check(environment: Given, flags: Flags, asJson: boolean): Promise<void> {
  const findings = await findingsOf(environment, flags);
  const starts = !findings.some(({ level }) => level === 'refused');
  const report = asJson ? JSON.stringify({ starts, findings }) : reportOf(starts, findings);
  // The operator's modules may keep the process alive.
  process.stdout.write(`${report}\n`, () => process.exit(starts ? 0 : EXIT_USAGE));
}

function reportOf(starts: boolean, findings: readonly Finding[]): string {
  const lines = findings.map(({ level, text }) => `  ${level.padEnd(7)}  ${text}`);
  const unsafe = findings.filter(({ level }) => level === 'unsafe').length;
  const settings = unsafe === 1 ? '1 unsafe setting' : `${unsafe} unsafe settings`;
  const summary = starts
    ? `The server would start, with ${unsafe === 0 ? 'no unsafe setting' : settings}.`
    : 'The server would not start.';
  return [...lines, summary].join('\n');
}

async function findingsOf(environment: Given, flags: Flags): Promise<readonly Finding[]> {
  const problems = configProblems(environment, flags);
  if (problems.length > 0) return problems.map(refused);
  const config = readConfig(environment, flags);
  return [
    ...(await refusal(() => checkPolicy(config))),
    ...(await refusal(() => chooseResponder(config))),
    ...(await refusal(() => checkStore(config))),
    ...(await checkAddress(config)),
    ...unsafeSettings(config, factsOf(flags)).map(
      ({ text }) => ({ level: 'unsafe', text }) as const,
    ),
  ];
}

/** What is known of this process. */
export const factsOf = (flags: Flags): ProcessFacts => ({
  flags: Object.keys(flags) as VariableName[],
  isRoot: process.getuid?.() === 0,
});

/** Both modules are loaded: what they do when they are loaded, they do here, too. */
async function checkPolicy(config: Config): Promise<void> {
  const authorize = await chooseAuthorize(config);
  if (isDevelopment(config)) return;
  refuseUnsafe({
    mode: config.MODE,
    host: config.HOST,
    origins: config.ORIGINS,
    store: { kind: 'embedded', durable: true },
    ...(authorize && { authorize }),
    ...(config.DEBUG_API_KEY !== '' && { debugApiKey: config.DEBUG_API_KEY }),
    ...(config.METRICS_KEY !== '' && { metricsKey: config.METRICS_KEY }),
  });
}

async function refusal(work: () => unknown): Promise<readonly Finding[]> {
  try {
    await work();
    return [];
  } catch (thrown) {
    return [refused(asError(thrown))];
  }
}

const refused = ({ message }: Error): Finding => ({ level: 'refused', text: message });

/** The port may be taken by the server that runs with the former configuration. */
async function checkAddress({ HOST, PORT }: Config): Promise<readonly Finding[]> {
  const code = await listenBriefly(HOST, PORT);
  if (code === undefined) return [];
  if (code === 'EADDRINUSE') {
    const text = `PORT ${PORT} is taken: another process listens there, which may be this server as it runs now.`;
    return [{ level: 'unknown', text }];
  }
  return [
    {
      level: 'refused',
      text: `HOST ${HOST}, PORT ${PORT}: the server may not listen there (${code}).`,
    },
  ];
}

function listenBriefly(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}
