/** examples/deploy/nginx.conf in Debian's nginx: a conversation through it, over TLS. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { freePort } from '../support/free-port.js';
import { type Lab, test } from '../support/lab.js';
import { isOpen } from '../support/nginx.js';
import { until } from '../support/until.js';
import { EXAMPLES, type Production, startProduction, THREAD, TOKEN } from './production.js';

const NAME = 'chat.example.com';

interface Site {
  readonly origin: string;
  readonly port: number;
  readonly plainPort: number;
  /** The certificate, which signs itself. */
  readonly ca: string;
  readonly config: string;
}

describe('nginx with TLS, as examples/deploy has it', () => {
  test('passes its own check, and fails it with a broken line', async (lab) => {
    const { config } = await prepare(lab, 'http://127.0.0.1:5001');
    expect(check(config)).toMatch(/test is successful/);
    writeFileSync(config, `${readFileSync(config, 'utf8')}\nproxy_bufering off;\n`);
    expect(check(config)).toMatch(/unknown directive "proxy_bufering"/);
  });

  test('carries a conversation: WebSocket, polling, a post and a stream over HTTP/2', async (lab) => {
    const { server, site } = await start(lab);
    const { origin, ca } = site;
    const options = { thread_id: THREAD, token: TOKEN, socket: socketOptions(site) };
    const byWebSocket = lab.client(origin, { ...options, transport: 'websocket' });
    const byUpgrade = lab.client(origin, { ...options, transport: 'upgrade' });
    const byPolling = lab.client(origin, { ...options, transport: 'polling' });
    const clients = [byWebSocket, byUpgrade, byPolling];
    for (const { monitor } of clients) {
      await until('live', () => monitor.status.state === 'live', { state: () => monitor.status });
    }
    await until('it has upgraded', () => byUpgrade.monitor.status.transport === 'websocket');

    const http = connectHttp2(origin, { ca, servername: NAME });
    lab.defer(() => http.close());
    const streamed: string[] = [];
    const stream = followStream(http, site, streamed);
    const posted = await answerOf(http, {
      ':method': 'POST',
      ':path': '/havefun',
      'content-type': 'application/json',
      ...headersOf(site),
    });
    expect(posted).toEqual({ status: 200, text: expect.stringContaining('"completed"') });
    for (const { monitor } of clients) {
      await until('all has come', () => monitor.status.runs.at(-1)?.state === 'completed', {
        state: () => monitor.status,
      });
      expect(monitor.status.offset).toBeGreaterThan(50);
    }
    await until('the stream has the end', () => streamed.join('').includes('run_finished'));
    stream.close();
    // The words arrive one by one. A buffering proxy would deliver a few large chunks.
    expect(streamed.length).toBeGreaterThan(20);
    expect(server.asked).toContain(`register ${THREAD}`);
    expect(server.asked).toContain(`post ${THREAD}`);
  });

  test('keeps foreign pages and unknown tokens out, and sends http to https', async (lab) => {
    const { site } = await start(lab);
    const { origin, ca, plainPort } = site;
    const http = connectHttp2(origin, { ca, servername: NAME });
    lab.defer(() => http.close());
    const post = { ':method': 'POST', ':path': '/havefun', 'content-type': 'application/json' };
    const foreign = { ...post, ...headersOf(site), origin: 'https://evil.example' };
    expect((await answerOf(http, foreign)).status).toBe(403);
    const stranger = { ...post, ...headersOf(site), authorization: 'Bearer unknown' };
    expect((await answerOf(http, stranger)).status).toBe(401);
    const debug = await answerOf(http, { ':path': '/debug/all-sessions', ...headersOf(site) });
    expect(debug.status).toBe(404);
    const location = await new Promise((resolve) => {
      get(`http://127.0.0.1:${plainPort}/a?b`, { headers: { host: NAME } }, (response) => {
        response.resume();
        resolve(response.headers.location);
      });
    });
    expect(location).toBe(`https://${NAME}/a?b`);
  });
});

async function start(lab: Lab): Promise<{ server: Production; site: Site }> {
  const server = await startProduction(lab);
  const site = await prepare(lab, server.url);
  const nginx = lab.command('nginx', ['-e', `${site.config}.log`, '-c', site.config]);
  // A killed nginx would leave its worker behind.
  lab.defer(() => nginx.signal('SIGTERM'));
  await until('nginx listens', () => isOpen(site.port), { state: () => nginx.stderr });
  return { server, site };
}

/** The file with other names and ports, inside the minimum that nginx needs around it. */
async function prepare(lab: Lab, upstream: string): Promise<Site> {
  const folder = await lab.folder();
  const [port, plainPort] = [await freePort(), await freePort()];
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME},IP:127.0.0.1`];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...newKey, ...subject, '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  );
  const site = replaceAll(readFileSync(join(EXAMPLES, 'nginx.conf'), 'utf8'), {
    'listen 443 ': `listen 127.0.0.1:${port} `,
    'listen 80;': `listen 127.0.0.1:${plainPort};`,
    'server 127.0.0.1:5001;': `server ${new URL(upstream).host};`,
    [`/etc/letsencrypt/live/${NAME}/fullchain.pem`]: certificate,
    [`/etc/letsencrypt/live/${NAME}/privkey.pem`]: key,
  });
  const config = join(folder, 'nginx.conf');
  writeFileSync(join(folder, 'site.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    config,
    [
      ...['daemon off;', `pid ${folder}/nginx.pid;`, 'worker_processes 1;'],
      'events { worker_connections 512; }',
      `http { access_log off; ${temporary.join(' ')} include ${folder}/site.conf; }`,
    ].join('\n'),
  );
  const ca = readFileSync(certificate, 'utf8');
  return { origin: `https://127.0.0.1:${port}`, port, plainPort, ca, config };
}

/** The output of `nginx -t`. */
const check = (config: string): string =>
  spawnSync('nginx', ['-t', '-e', 'stderr', '-c', config], { encoding: 'utf8' }).stderr;

function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((result, [from, to]) => {
    expect(result).toContain(from);
    return result.replaceAll(from, to);
  }, text);
}

/** As a browser on the site's own page sends it. Node would make the authority of the certificate's name. */
const headersOf = ({ origin, port }: Site) => ({
  ':authority': `127.0.0.1:${port}`,
  origin,
  authorization: `Bearer ${TOKEN}`,
});

const socketOptions = ({ origin, ca }: Site) => ({ ca, extraHeaders: { origin } });

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A post asks for a reply. */
async function answerOf(
  http: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const stream = http.request(headers);
  let status = 0;
  stream.on('response', (answer) => {
    status = Number(answer[':status']);
  });
  const body = { user_input: 'in 60 words', thread_id: THREAD, use_websocket: true };
  stream.end(headers[':method'] === 'POST' ? JSON.stringify(body) : undefined);
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return { status, text };
}

/** The thread's events as they arrive, chunk by chunk. */
function followStream(http: ClientHttp2Session, site: Site, pieces: string[]) {
  const stream = http.request({
    ':path': `/threads/${THREAD}/events`,
    accept: 'text/event-stream',
    ...headersOf(site),
  });
  stream.on('data', (chunk) => pieces.push(String(chunk)));
  return stream;
}
