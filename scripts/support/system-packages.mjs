/** Programs that the tests drive and that npm does not provide: installed from Debian if missing. */

import { existsSync } from 'node:fs';
import { fail, run, say } from './steps.mjs';

/** A Debian package, and the file that shows that it is installed. */
const PYTHON = '/usr/lib/python3/dist-packages';
const PACKAGES = {
  chromium: '/usr/bin/chromium',
  curl: '/usr/bin/curl',
  iproute2: '/usr/sbin/ip',
  'nginx-light': '/usr/sbin/nginx',
  openssl: '/usr/bin/openssl',
  prometheus: '/usr/bin/prometheus',
  'python3-eventlet': `${PYTHON}/eventlet`,
  'python3-flask-socketio': `${PYTHON}/flask_socketio`,
  'python3-requests': `${PYTHON}/requests`,
  'python3-socketio': `${PYTHON}/socketio`,
  'python3-websocket': `${PYTHON}/websocket`,
  'redis-server': '/usr/bin/redis-server',
  systemd: '/usr/bin/systemd-analyze',
};

export function installSystemPackages() {
  const missing = Object.keys(PACKAGES).filter((name) => !existsSync(PACKAGES[name]));
  if (missing.length === 0) return;
  const names = missing.join(' ');
  const permitted = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
  if (!permitted) fail(`The tests need: ${names}. Install with: sudo apt-get install ${names}`);
  say(`Installing ${names} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  run('apt-get', ['update', '-qq'], quiet);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], quiet);
}
