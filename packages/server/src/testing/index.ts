export { type StoreHarness, storeConformance } from './store-conformance.js';
