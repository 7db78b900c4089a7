export type { MountedRequest } from './base-path.js';
export { CORS_METHODS } from './cors.js';
export {
  createHandler,
  DEFAULT_MAX_EVENT_BODY_BYTES,
  type Handler,
  type HandlerOptions,
  type HandlerRequest,
} from './handler.js';
export type { DemoPageOptions } from './routes/demo.js';
export type { DashboardOptions, MetricsOptions } from './routes/index.js';
