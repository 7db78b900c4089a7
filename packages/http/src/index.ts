export type { MountedRequest } from './base-path.js';
export {
  createHandler,
  type Handler,
  type HandlerOptions,
  type HandlerRequest,
} from './handler.js';
export type { DemoPageOptions } from './routes/demo.js';
