export { createMemoryStore, type MemoryStoreOptions } from './stores/memory.js';
