export type { DemoPageOptions } from '@session-monitor/http';
export { type App, type AppConfig, createApp } from './app.js';
