/** Puts the stand-ins in the place of two modules, for the files alone that start the server and open its store. */

const STAND_INS = { '../app.js': './app.mjs', '@session-monitor/server/lmdb': './store.mjs' };

export function resolve(specifier, context, next) {
  const starts = /\/session-monitor\/dist\/cli\/(serve|store)\.js$/.test(context.parentURL ?? '');
  const standIn = starts && STAND_INS[specifier];
  if (!standIn) return next(specifier, context);
  return { url: new URL(standIn, import.meta.url).href, shortCircuit: true };
}
