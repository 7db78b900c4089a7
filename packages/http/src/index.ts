export {
  createHandler,
  type Handler,
  type HandlerOptions,
  type HandlerRequest,
} from './handler.js';
