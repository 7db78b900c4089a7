#!/usr/bin/env node
/** The command `session-monitor`: finds the subcommand and runs it. */

import { configError } from '@session-monitor/server/internal';
import { fail } from './exit.js';

/** Each is loaded when it is asked for. */
const COMMANDS: Readonly<
  Record<string, { readonly help: string; run(args: readonly string[]): Promise<void> }>
> = {
  serve: {
    help: 'Serve conversations: Socket.IO, the HTTP routes and the demo page',
    run: async (args) => (await import('./serve.js')).serve(args),
  },
  backup: {
    help: 'Copy the embedded store into a new directory, while the server runs',
    run: async (args) => (await import('./backup.js')).backup(args),
  },
};

const HELP = `Usage: session-monitor COMMAND [FLAG …]

${Object.entries(COMMANDS)
  .map(([name, { help }]) => `  ${name.padEnd(8)}  ${help}`)
  .join('\n')}

'session-monitor COMMAND --help' lists the flags of a command.
`;

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const message = `There is no command ${JSON.stringify(name)}. 'session-monitor --help' lists what there is.`;
    throw configError(message);
  }
  await command.run(args);
}

main(process.argv.slice(2)).catch(fail);
