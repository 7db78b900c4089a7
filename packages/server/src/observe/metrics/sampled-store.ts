/** A store whose appends are sampled; else it is the one that it is given. */

import type { LogStore, Store } from '../../stores/store.js';
import type { PublishSamples } from './publish-samples.js';

export function sampledStore(store: Store, samples: PublishSamples): Store {
  const { kind, durable, threads, sessions, runs, nodes, rates, space } = store;
  return {
    kind,
    durable,
    logs: sampledLogs(store.logs, samples),
    threads,
    sessions,
    runs,
    ...(nodes && { nodes }),
    ...(rates && { rates }),
    ...(space && { space }),
    stopWaiting: () => store.stopWaiting?.(),
    isAvailable: () => store.isAvailable?.() !== false,
    onFailure: (listener) => store.onFailure(listener),
    observe: (observer) => store.observe?.(observer) ?? (() => {}),
    close: () => store.close(),
  };
}

const sampledLogs = (logs: LogStore, samples: PublishSamples): LogStore => ({
  append(thread_id, events, options) {
    const appended = logs.append(thread_id, events, options);
    samples.follow(thread_id, appended);
    return appended;
  },
  open: (thread_id) => logs.open(thread_id),
  head: (thread_id) => logs.head(thread_id),
  read: (thread_id, after, limits) => logs.read(thread_id, after, limits),
  locate: (thread_id, offset) => logs.locate(thread_id, offset),
  compact: (...given) => logs.compact(...given),
  trim: (thread_id, retention, maxBatches) => logs.trim(thread_id, retention, maxBatches),
  delete: (thread_id) => logs.delete(thread_id),
  forget: (thread_id) => logs.forget(thread_id),
  forgetIdle: (thread_id, wall) => logs.forgetIdle(thread_id, wall),
  takeChanged: (limit) => logs.takeChanged(limit),
  threads: (after, limit) => logs.threads(after, limit),
  follow: (thread_id, listener) => logs.follow(thread_id, listener),
});
