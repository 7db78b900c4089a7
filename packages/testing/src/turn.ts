/** As it is before a test replaces it. */
const { setTimeout: setRealTimeout } = globalThis;

/**
 * One turn of the event loop: every promise that can settle without time going by has settled after it. By a
 * channel, because fake timers (vitest's, jest's) leave channels alone.
 */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    // jest's jsdom has no channels.
    if (typeof MessageChannel === 'undefined') {
      setRealTimeout(resolve, 0);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      // An open port keeps Node's process alive.
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
