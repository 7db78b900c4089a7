/** `session-monitor serve`: the server, configured by flags and environment. */

import type { DemoPageOptions } from '@session-monitor/http';
import type { Store } from '@session-monitor/server';
import { asError, configError } from '@session-monitor/server/internal';
import type { Logger as Pino } from 'pino';
import type { App } from '../app.js';
import { check, factsOf } from './check.js';
import { chooseAuthorize, chooseResponder } from './choose-code.js';
import { readCommandLine } from './command-line.js';
import { type Config, readConfig, servesDashboard, servesDemo } from './config.js';
import { EXIT_FAILURE, fail } from './exit.js';
import { HELP } from './help.js';
import { createLogger, outliveOutputs } from './log.js';
import { unsafeSettings } from './safety.js';
import { settingsOf, traceOf } from './settings.js';
import { startCommand } from './start-command.js';
import { openStore } from './store.js';
import { welcome } from './welcome.js';

/** @param args the flags */
export async function serve(args: readonly string[]): Promise<void> {
  const { flags, switches } = readCommandLine(args);
  if (switches.has('help')) {
    process.stdout.write(HELP);
    return;
  }
  if (switches.has('check')) {
    await check(process.env, flags, switches.has('json'));
    return;
  }
  if (switches.has('json')) throw configError('--json goes with --check.');
  const config = readConfig(process.env, flags);
  outliveOutputs();
  const logger = createLogger(config);
  for (const { setting, text } of unsafeSettings(config, factsOf(flags))) {
    logger.warn({ setting }, text);
  }
  const authorize = await chooseAuthorize(config);
  const responder = await chooseResponder(config);
  // Another process checks the store while this one loads the rest of the server: that shortens a restart.
  const [store, { createApp }] = await Promise.all([
    openWatchedStore(config, logger),
    import('../app.js'),
  ]);
  const app = await createApp({
    host: config.HOST,
    port: config.PORT,
    mode: config.MODE,
    store,
    ...(authorize && { authorize }),
    origins: config.ORIGINS,
    allowedHosts: config.ALLOWED_HOSTS,
    trustProxy: config.TRUST_PROXY === 'yes',
    ...(config.DEBUG_API_KEY && { debugApiKey: config.DEBUG_API_KEY }),
    ...(config.METRICS_KEY && { metricsKey: config.METRICS_KEY }),
    debugKeyInUrl: config.DEBUG_KEY_IN_URL === 'yes',
    debugPayloads: config.DEBUG_PAYLOADS === 'on',
    dashboard: servesDashboard(config) && { actions: config.DASHBOARD_ACTIONS === 'on' },
    demo: servesDemo(config) && demoOptions(startCommand(process.env, flags)),
    responder,
    settings: settingsOf(config),
    logger,
    logAddresses: config.LOG_ADDRESSES === 'yes',
    trace: traceOf(config),
    ...(config.NODE_NAME && { node: config.NODE_NAME }),
    maxEventBodyBytes: config.LIMIT_EVENT_BODY_BYTES,
    drainMs: config.DRAIN_MS,
    ...(config.TRANSPORTS === 'websocket' && { socketIo: { transports: ['websocket'] } }),
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const address = await listen(app, config);
  stopOnSignal(app);
  process.stdout.write(welcome(address, config));
}

const demoOptions = (start: string | undefined): DemoPageOptions =>
  start === undefined ? {} : { startCommand: start };

/** A store whose failure ends the process. */
async function openWatchedStore(config: Config, logger: Pino): Promise<Store> {
  const store = await openStore(config, logger);
  store.onFailure((error) => {
    // What was not confirmed may or may not be on the disk: only a new start can tell.
    logger.fatal({ err: error }, error.message);
    logger.flush();
    process.exit(EXIT_FAILURE);
  });
  return store;
}

async function listen(app: App, { HOST, PORT }: Config): Promise<string> {
  try {
    return await app.listen();
  } catch (cause) {
    await app.close();
    const { code, message } = asError(cause) as Error & { code?: string };
    const advice: Record<string, string> = {
      EADDRINUSE: `PORT is ${PORT}. Allowed: a port that is free; another process listens on this one.`,
      EACCES: `PORT is ${PORT}. Allowed: a port that this user may listen on.`,
      EADDRNOTAVAIL: `HOST is "${HOST}". Allowed: an address of this machine.`,
      ENOTFOUND: `HOST is "${HOST}". Allowed: an address of this machine.`,
    };
    throw configError(advice[code ?? ''] ?? message, { cause });
  }
}

function stopOnSignal(app: App): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    app.close().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
