/** What the examples for React, Vue and Svelte have in common while they are worked on. */

/**
 * Another one: `SERVER=http://127.0.0.1:5002 npm run react --workspace examples`. As an object: of a mere
 * address Vite takes the name as well, and the server would not know the page's origin for its own.
 */
const server = { target: process.env.SERVER ?? 'http://127.0.0.1:5001' };

/** @param {string} example its folder: they run side by side, and each keeps what Vite prepares for it */
export const development = (example) => ({
  cacheDir: `../node_modules/.vite/${example}`,
  server: {
    // Vite hands on what is for the session server: one origin, as in production.
    proxy: {
      '/socket.io': { ...server, ws: true },
      '/havefun': server,
      '/threads': server,
    },
  },
});
