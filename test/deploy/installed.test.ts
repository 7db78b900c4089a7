/** The command of examples/deploy/Dockerfile, in a folder where npm has installed the package as the page says. */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Project } from '../install/project.js';
import { freePort } from '../support/free-port.js';
import { test } from '../support/lab.js';
import { EXAMPLES } from './production.js';

const INSTALL_MS = 180_000;

interface Image {
  readonly env: Readonly<Record<string, string>>;
  readonly health: readonly string[];
  readonly command: readonly string[];
}

/** What the file says of the process; `places` stand for the folders of the image. */
function readDockerfile(places: Readonly<Record<string, string>>): Image {
  const text = Object.entries(places).reduce(
    (result, [from, to]) => result.replaceAll(from, to),
    readFileSync(join(EXAMPLES, 'Dockerfile'), 'utf8'),
  );
  const [, env = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(text) ?? [];
  const [, health = ''] = /^ {2}CMD (\[.*\])$/m.exec(text) ?? [];
  const [, command = ''] = /^CMD (\[.*\])$/m.exec(text) ?? [];
  return {
    env: Object.fromEntries(
      env.split(/\s*\\\n\s*/).map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [name, value.join('=')];
      }),
    ),
    health: JSON.parse(health),
    command: JSON.parse(command),
  };
}

test(
  'the installed command serves with the environment of the image, is healthy, and is backed up',
  async (lab) => {
    const project = await Project.create(lab, { unscoped: true });
    await project.npm('npm init -y');
    await project.npm('npm install session-monitor');
    const help = await project.npm('npx session-monitor serve --help');
    expect(help).toContain('Usage: session-monitor serve');
    project.write('authorize.mjs', readFileSync(join(EXAMPLES, 'authorize.mjs'), 'utf8'));
    const data = join(project.path, 'data');
    mkdirSync(data, { mode: 0o700 });
    const port = String(await freePort());
    const { env, health, command } = readDockerfile({
      '/app': project.path,
      '/data': data,
      '5001': port,
    });
    expect(env).toMatchObject({ MODE: 'production', DATA_DIR: data, PORT: port });
    const [file = '', ...args] = command;
    const [healthFile = '', ...healthArgs] = health;
    const isHealthy = async () => (await project.run(healthFile, healthArgs)).code === 0;
    expect(await isHealthy()).toBe(false);

    const server = project.start(file, args, env);
    await server.says(/mode\s+production/);
    expect(await isHealthy()).toBe(true);
    const target = join(project.path, 'backup');
    const backup = await project.run(file, ['backup', target, '--data-dir', data]);
    expect(backup).toEqual({ code: 0, said: expect.stringContaining(`: ${target}\n`) });
    expect(await server.signal('SIGTERM')).toBe(0);
    expect(await isHealthy()).toBe(false);
  },
  INSTALL_MS,
);
