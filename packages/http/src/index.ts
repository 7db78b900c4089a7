export type { MountedRequest } from './base-path.js';
export {
  createHandler,
  type Handler,
  type HandlerOptions,
  type HandlerRequest,
} from './handler.js';
