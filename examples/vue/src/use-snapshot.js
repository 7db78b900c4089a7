import { onScopeDispose, shallowRef } from 'vue';

/** What a store says, as a ref: of a monitor its status, of a thread view the thread. */
export function useSnapshot(store) {
  const snapshot = shallowRef();
  const unsubscribe = store.subscribe((value) => {
    snapshot.value = value;
  });
  onScopeDispose(unsubscribe);
  return snapshot;
}
