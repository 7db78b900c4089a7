/**
 * Three servers on one Redis behind nginx, on this machine:
 *
 *     npm run cluster [-- --port 5000 --nodes 3 --redis redis://127.0.0.1:6379]
 */

import { parseArgs } from 'node:util';
import { startCluster } from './cluster.mjs';

const HELP = `Usage: npm run cluster [-- FLAG VALUE …]

  --port P     where nginx listens (default 5000)
  --nodes N    how many servers (default 3; 1 to 9)
  --redis URL  a Redis that is there already; one is started if left out
  --help       this text
`;

const whole = (name, text, min, max) => {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(`--${name} is "${text}". Allowed: a whole number from ${min} to ${max}.`);
};

function readFlags() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '5000' },
      nodes: { type: 'string', default: '3' },
      redis: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    help: values.help,
    port: whole('port', values.port, 1, 65_535),
    nodes: whole('nodes', values.nodes, 1, 9),
    redisUrl: values.redis,
  };
}

async function main() {
  const { help, ...options } = readFlags();
  if (help) return process.stdout.write(HELP);
  const cluster = await startCluster({ ...options, say: (line) => console.log(`  ${line}`) });
  console.log(
    `\n  Open ${cluster.url} and ask for something long. Then kill a server in the middle of it:`,
  );
  for (const { name, pid } of cluster.nodes) console.log(`    kill -9 ${pid}     # ${name}`);
  console.log(
    `  What each of them knows of all sessions: ${cluster.nodes[0].url}/debug/all-sessions`,
  );
  console.log('  Ctrl-C ends all of it.\n');
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    console.log('  ending …');
    cluster.close().then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(error.message.startsWith('--') || error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1);
});
