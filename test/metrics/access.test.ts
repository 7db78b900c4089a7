/** The keys of the metrics, and how an app has them in its own registry. */

import { registerMetrics } from '@session-monitor/http/metrics';
import { createMemoryStore } from '@session-monitor/server';
import { Counter, type OpenMetricsContentType, Registry } from 'prom-client';
import type { AppConfig } from 'session-monitor';
import { describe, expect } from 'vitest';
import { test } from '../support/lab.js';
import { scrape, seriesIn } from '../support/scrape.js';

describe('access to /metrics', () => {
  const DEBUG_KEY = 'a-long-key-of-this-test-alone';
  const METRICS_KEY = 'another-long-key-of-this-test';
  const production = (): Partial<AppConfig> => ({
    mode: 'production',
    authorize: () => true,
    store: { ...createMemoryStore(), durable: true },
  });
  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  const ask = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;

  test('takes the key of the metrics, which opens nothing else, and the one of /debug', async (lab) => {
    const keys = { debugApiKey: DEBUG_KEY, metricsKey: METRICS_KEY };
    const { url } = await lab.app({ ...production(), ...keys });
    expect(await ask(`${url}/metrics`, bearer(METRICS_KEY))).toBe(200);
    expect(await ask(`${url}/metrics`, bearer(DEBUG_KEY))).toBe(200);
    expect(await ask(`${url}/debug/all-sessions`, bearer(DEBUG_KEY))).toBe(200);
    expect(await ask(`${url}/debug/all-sessions`, bearer(METRICS_KEY))).toBe(404);
    const health = await fetch(`${url}/healthz`, bearer(METRICS_KEY));
    expect(await health.json()).toEqual({ status: 'ok' });
  });

  test('is hidden from others', async (lab) => {
    const keyed = await lab.app({ ...production(), metricsKey: METRICS_KEY });
    const hidden = await lab.app(production());
    for (const { url } of [keyed, hidden]) {
      expect(await ask(`${url}/metrics`)).toBe(404);
      expect(await ask(`${url}/metrics`, bearer('wrong'))).toBe(404);
      expect(await ask(`${url}/metrics?api_key=${METRICS_KEY}`)).toBe(404);
    }
    await expect(lab.app({ ...production(), metricsKey: 'short' })).rejects.toThrow(
      'this metricsKey is refused',
    );
  });

  test('the command reads the key from METRICS_KEY, and does not show it', async (lab) => {
    const env = { MODE: 'production', AUTH_SECRET: 's'.repeat(32), METRICS_KEY };
    const { server, url } = await lab.serve(env);
    expect((await scrape(url, bearer(METRICS_KEY).headers)).get('store_full')).toBe(0);
    expect(await ask(`${url}/metrics`)).toBe(404);
    expect(server.stdout).toContain('/metrics (its key)');
    expect(server.stdout + server.stderr).not.toContain(METRICS_KEY);
  });
});

describe('registerMetrics', () => {
  test('puts the metrics into a registry of the app', async (lab) => {
    const { sessions } = await lab.app();
    const registry = new Registry();
    registerMetrics(sessions, registry);
    new Counter({ name: 'my_total', help: 'Mine.', registers: [registry] }).inc();
    await sessions.publish('counted', 'note', 1);
    const text = await registry.metrics();
    expect(text).toContain('my_total 1');
    expect(seriesIn(text).get('events_published_total')).toBe(1);
    expect(text).not.toContain('process_');
    const json = await registry.getMetricsAsJSON();
    expect(json.map(({ name }) => name)).toContain('session_monitor_runs');
    registry.resetMetrics();
    expect(seriesIn(await registry.metrics()).get('events_published_total')).toBe(1);
    expect(() => registerMetrics(sessions, registry)).toThrow('already been registered');
  });

  test('also writes OpenMetrics', async (lab) => {
    const { sessions } = await lab.app();
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    registerMetrics(sessions, registry as unknown as Registry);
    for (const text of [await registry.metrics(), await registry.metrics()]) {
      expect(text).toContain('# TYPE session_monitor_upgrades counter\n');
      expect(text).toContain('\nsession_monitor_upgrades_total 0\n');
      expect(text.endsWith('# EOF\n')).toBe(true);
    }
  });
});
