/**
 * Names that the code of pages may use without defining them: ours with their real types, the reader's with the
 * simplest types that work. `compile.ts` reads this file.
 */

// Ours: what a page has imported earlier, or imports by its usual name.
declare const attachSessions: typeof import('@session-monitor/server').attachSessions;
declare const createHandler: typeof import('@session-monitor/http').createHandler;
declare const openLmdbStore: typeof import('@session-monitor/server/lmdb').openLmdbStore;
declare const openTelemetry: typeof import('@session-monitor/server/opentelemetry').openTelemetry;
declare const SessionMonitor: typeof import('@session-monitor/client').SessionMonitor;
declare const threadView: typeof import('@session-monitor/client').threadView;
declare const useSessionMonitor: typeof import('@session-monitor/client/react').useSessionMonitor;
declare const useThread: typeof import('@session-monitor/client/react').useThread;
declare const overSse: typeof import('@session-monitor/client/sse').overSse;

type Gap = import('@session-monitor/protocol').Gap;
type PartData = import('@session-monitor/client').PartData;
type SessionMonitorStatus = import('@session-monitor/client').SessionMonitorStatus;
type ThreadEvent = import('@session-monitor/client').ThreadEvent;
type Authorize = import('@session-monitor/server').Authorize;
type Part = import('@session-monitor/server').Part;
type Responder = import('@session-monitor/server').Responder;
type ResponderContext = import('@session-monitor/server').ResponderContext;
type ResponderRequest = import('@session-monitor/server').ResponderRequest;

// What a page has created from them.
declare const store: import('@session-monitor/server').Store;
declare const sessions: import('@session-monitor/server').SessionServer;
declare const monitor: import('@session-monitor/client').SessionMonitor;

// Names of the frameworks in which components are shown.
declare const onMounted: typeof import('vue').onMounted;
declare const onUnmounted: typeof import('vue').onUnmounted;
declare const onMount: typeof import('svelte').onMount;
/** docs/frameworks.md defines it. */
declare function useSnapshot(store: { subscribe(listener: (value: any) => void): () => void }): any;

// Socket.IO's: the server and the client's function go by the same name.
declare const Server: typeof import('socket.io').Server;
declare const io: import('socket.io').Server & typeof import('socket.io-client').io;
declare const socket: import('socket.io-client').Socket;

// The reader's.
declare const httpServer: import('node:http').Server;
declare const app: any;
declare const thread_id: string;
declare const room: string;
declare const token: string;
declare const delta: string;
declare const model: {
  stream(input: unknown, options?: { signal?: AbortSignal }): AsyncIterable<string>;
};
declare const users: { ban(user_id: string): Promise<void> };
declare const banner: HTMLElement;
declare const button: HTMLButtonElement;
declare const note: HTMLInputElement;
declare const answer: HTMLElement;
declare const countdown: { until: number | null };
declare function showLogin(message: string): void;
declare function append(text: string): void;
declare function render(...what: unknown[]): void;
declare function userOf(token: string | undefined): any;
declare function verify(token: string | undefined): any;
declare function mayRead(thread_id: string | null, token: string | undefined): boolean;
declare function mayDo(
  action: string,
  thread_id: string | null,
  token: string | undefined,
): boolean;

/** Forms of pages have no files. */
interface FormData {
  get(name: string): any;
}

// Packages that are not installed here.
declare module 'page:*';
declare module '@babel/core';
declare module '@babel/preset-env';
declare module 'babel-jest';
declare module 'jest';
declare module '@nestjs/*';
declare module '@hono/*';
declare module 'express';
declare module 'hono';
declare module 'hono/*';
declare module 'jose';
declare module 'jsonwebtoken';
declare module 'koa';
declare module 'next';
declare module 'next/*';
