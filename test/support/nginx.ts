/** A real nginx in front of servers, on a free port, with its files in a folder of the test. */

import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import type { Lab } from './lab.js';
import { until } from './until.js';

interface NginxOptions {
  /** The ports of the servers. It asks them in turn, whatever a client was answered before: it is not sticky. */
  readonly ports: readonly number[];
  /** Whether it passes the headers of an upgrade on. Without them it lets no WebSocket through. */
  readonly upgrades: boolean;
}

const UPGRADES = [
  'proxy_http_version 1.1;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection "upgrade";',
];

/** Resolves with its URL when it listens. */
export async function startNginx(lab: Lab, { ports, upgrades }: NginxOptions): Promise<string> {
  const [folder, port] = [await lab.folder(), await freePort()];
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const lines = [
    ...['daemon off;', 'master_process off;', `pid ${folder}/nginx.pid;`, 'events {}', 'http {'],
    ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
    'access_log off;',
    `upstream servers { ${ports.map((each) => `server 127.0.0.1:${each};`).join(' ')} }`,
    `server { listen 127.0.0.1:${port}; location / {`,
    'proxy_pass http://servers;',
    'proxy_set_header Host $http_host;',
    ...(upgrades ? UPGRADES : []),
    '} } }',
  ];
  writeFileSync(config, lines.join('\n'));
  const nginx = lab.command('nginx', ['-e', 'stderr', '-c', config]);
  lab.defer(() => nginx.signal('SIGTERM'));
  await until('nginx listens', () => isOpen(port), { state: () => nginx.stderr });
  return `http://127.0.0.1:${port}`;
}

/** Whether something listens on a port. */
export const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
