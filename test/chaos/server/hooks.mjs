/** Puts the stand-ins in the place of two modules, for the server's first file alone. */

const STAND_INS = { './app.js': './app.mjs', './stores/lmdb/index.js': './store.mjs' };

export function resolve(specifier, context, next) {
  const standIn = context.parentURL?.endsWith('/server/dist/main.js') && STAND_INS[specifier];
  if (!standIn) return next(specifier, context);
  return { url: new URL(standIn, import.meta.url).href, shortCircuit: true };
}
