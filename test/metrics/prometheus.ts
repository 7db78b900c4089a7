/** Debian's Prometheus with the files of examples/monitoring, in a hurry: no alert waits before it fires. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import type { Lab } from '../support/lab.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/until.js';

export const MONITORING = join(ROOT, 'examples', 'monitoring');

/** How often it scrapes and evaluates. A scrape may take as long, also on a busy machine. */
const EVERY = '500ms';

interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: { readonly alertname: string; readonly instance: string };
}

export class Prometheus {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** @param targets like `127.0.0.1:5001` */
  static async start(lab: Lab, targets: readonly string[], key: string): Promise<Prometheus> {
    const folder = await lab.folder();
    const read = (name: string) => readFileSync(join(MONITORING, name), 'utf8');
    const config = read('prometheus.yml')
      .replaceAll('15s', EVERY)
      .replace("['127.0.0.1:5001']", JSON.stringify(targets));
    writeFileSync(join(folder, 'prometheus.yml'), config);
    writeFileSync(join(folder, 'metrics-key'), key);
    writeFileSync(
      join(folder, 'alerts.yml'),
      read('alerts.yml').replaceAll(/for: \d+m/g, 'for: 0s'),
    );
    const address = `127.0.0.1:${await freePort()}`;
    const prometheus = lab.command('prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ]);
    await until(
      'Prometheus is ready',
      async () => {
        if (prometheus.ended) throw new Error(`Prometheus has ended: ${prometheus.stderr}`);
        return (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok;
      },
      { everyMs: 50, state: () => prometheus.stderr },
    );
    return new Prometheus(`http://${address}`);
  }

  /** What a query finds now, by the server. */
  async query(query: string): Promise<ReadonlyMap<string, number>> {
    const parameters = new URLSearchParams({ query });
    const { result } = await this.#ask<Result>(`query?${parameters}`);
    return new Map(result.map(({ metric, value }) => [metric.instance ?? '', Number(value[1])]));
  }

  /** Resolves once an alert fires for a server. */
  async untilFiring(alertname: string, target: string): Promise<void> {
    const firing = async () => {
      const { alerts } = await this.#ask<{ readonly alerts: readonly Alert[] }>('alerts');
      return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
    };
    await until(
      `${alertname} fires`,
      async () =>
        (await firing()).some((each) => each.alertname === alertname && each.instance === target),
      { everyMs: 50, state: firing },
    );
  }

  /** The alerts that fire, as `name server`. */
  async firing(): Promise<readonly string[]> {
    const { alerts } = await this.#ask<{ readonly alerts: readonly Alert[] }>('alerts');
    return alerts.map(({ labels }) => `${labels.alertname} ${labels.instance}`);
  }

  async #ask<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    return ((await response.json()) as { readonly data: T }).data;
  }
}

interface Result {
  readonly result: readonly {
    readonly metric: { readonly instance?: string };
    readonly value: readonly [number, string];
  }[];
}
