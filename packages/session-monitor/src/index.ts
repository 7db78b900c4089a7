export { type App, type AppConfig, createApp } from './app.js';
