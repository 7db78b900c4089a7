/** Puts the stand-ins in the place of two modules, for the file that starts the server alone. */

const STAND_INS = { '../app.js': './app.mjs', '@session-monitor/server/lmdb': './store.mjs' };

export function resolve(specifier, context, next) {
  const standIn =
    context.parentURL?.endsWith('/session-monitor/dist/cli/serve.js') && STAND_INS[specifier];
  if (!standIn) return next(specifier, context);
  return { url: new URL(standIn, import.meta.url).href, shortCircuit: true };
}
