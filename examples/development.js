/** What the examples for React, Vue and Svelte have in common while they are worked on. */

/**
 * To use another server: `SERVER=http://127.0.0.1:5002 npm run react --workspace examples`. It is an object because
 * with a plain address Vite also replaces the `Host` header, and the server would refuse the page's origin as foreign.
 */
const server = { target: process.env.SERVER ?? 'http://127.0.0.1:5001' };

/** @param {string} example its folder: they run side by side, and each keeps what Vite prepares for it */
export const development = (example) => ({
  cacheDir: `../node_modules/.vite/${example}`,
  server: {
    // Vite passes requests for the session server on: one origin, as in production.
    proxy: {
      '/socket.io': { ...server, ws: true },
      '/havefun': server,
      '/threads': server,
    },
  },
});
