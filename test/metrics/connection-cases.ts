/** What connections and upgrades count. */

import { expect } from 'vitest';
import { handshake } from '../support/handshake.js';
import { RawConnection } from '../support/raw-connection.js';
import { until } from '../support/until.js';
import { type Case, type Stage, THREAD, WEBSOCKET } from './stage.js';

const UPGRADE = 'GET /socket.io/?EIO=4&transport=websocket';
const upgradeHead = (headers: readonly string[]) =>
  `${['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', ...headers].join('\r\n')}\r\n\r\n`;

async function rawUpgrade({ lab, url }: Stage, sid: string, headers: readonly string[]) {
  const connection = new RawConnection(lab, url);
  connection.write(`${UPGRADE}${sid} HTTP/1.1\r\n${upgradeHead(headers)}`);
  expect((await connection.received(1))[0]?.status).toBe(400);
}

export const CONNECTION_CASES: readonly Case[] = [
  {
    what: 'a connection by WebSocket that its client ends',
    async does({ lab, url }) {
      const client = await lab.liveClient(url, WEBSOCKET);
      client.close();
    },
    moves: {
      'connections_total{transport="websocket"}': 1,
      'connections_total{transport="polling"}': 0,
      'disconnects_total{reason="client namespace disconnect"}': 1,
      // Its session leaves as well.
      'disconnects_total{reason="other"}': 0,
      'registrations_total{outcome="new",reason="none"}': 1,
    },
  },
  {
    what: 'a connection that changes to WebSocket',
    async does({ lab, url }) {
      const { monitor } = await lab.liveClient(url, { thread_id: THREAD });
      await until('upgraded', () => monitor.status.transport === 'websocket');
    },
    moves: { 'connections_total{transport="polling"}': 1, upgrades_total: 1 },
  },
  {
    what: 'an upgrade that is begun and cut',
    async does({ lab, app, proxy }) {
      proxy.refuseUpgrades = true;
      const { monitor, close } = await lab.liveClient(proxy.url, { thread_id: THREAD });
      await until('it has failed', () => monitor.status.failed_upgrades === 1);
      // Before the proxy cuts its goodbye.
      close();
      await until('it has left', () => app.sessions.stats().connections === 0);
    },
    moves: { 'upgrade_failures_total{reason="abandoned"}': 1, upgrades_total: 0 },
  },
  {
    what: 'an upgrade whose header a proxy has removed',
    async does({ url }) {
      const { sid } = JSON.parse((await handshake(url)).text.slice(1)) as { sid: string };
      const query = `EIO=4&transport=websocket&sid=${sid}`;
      expect((await fetch(`${url}/socket.io/?${query}`)).status).toBe(400);
    },
    moves: { 'upgrade_failures_total{reason="no_upgrade_header"}': 1 },
  },
  {
    what: 'an upgrade of a connection that is not here',
    does: (stage) => rawUpgrade(stage, '&sid=elsewhere', ['Sec-WebSocket-Version: 13']),
    moves: {
      'upgrade_failures_total{reason="unknown_connection"}': 0,
      'upgrade_failures_total{reason="bad_request"}': 1,
      misrouted_requests_total: 1,
    },
  },
  {
    what: 'an upgrade without a key, and one of another page',
    async does(stage) {
      const version = 'Sec-WebSocket-Version: 13';
      await rawUpgrade(stage, '', [version]);
      const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`;
      await rawUpgrade(stage, '', [version, key, 'Origin: https://evil.example']);
      await rawUpgrade(stage, '&sid=elsewhere', [version, key]);
    },
    moves: {
      'upgrade_failures_total{reason="bad_request"}': 1,
      'upgrade_failures_total{reason="refused"}': 1,
      'upgrade_failures_total{reason="unknown_connection"}': 1,
    },
  },
  {
    what: 'a poll for a connection that is not here',
    does: ({ url }) => fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=elsewhere`),
    moves: {
      misrouted_requests_total: 1,
      'upgrade_failures_total{reason="unknown_connection"}': 0,
    },
  },
];
