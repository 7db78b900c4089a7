export { overSse, type SseOptions, type SseSocket } from './sse-socket.js';
