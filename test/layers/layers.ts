/**
 * Which folder of a package may import which: data goes one way. `.` is the root of `src`. A folder that is not listed here may
 * import nothing; a new arrow is a decision.
 */

type Layers = Readonly<Record<string, readonly string[]>>;

export const LAYERS: Readonly<Record<string, Layers>> = {
  protocol: {
    '.': ['parse', 'v1'],
    parse: ['.', 'v1'],
    v1: ['.', 'parse'],
    rules: ['.', 'parse', 'v1'],
  },
  client: {
    core: [],
    platform: ['core'],
    follower: ['core', 'platform', '.'],
    plugins: ['core', 'follower', '.'],
    v1: ['core', 'follower'],
    sending: ['core', 'platform', 'follower', '.'],
    shared: ['platform', 'follower'],
    sse: ['platform', 'sending'],
    thread: ['core', 'platform', 'follower', '.'],
    react: ['follower', 'thread', '.'],
    '.': ['core', 'platform', 'follower', 'plugins', 'v1', 'sending', 'thread'],
  },
  server: {
    core: [],
    util: [],
    stores: ['core', 'util', 'observe', '.'],
    // What the pumps and the logs count; nothing else of it.
    threads: ['core', 'util', 'stores', 'observe'],
    quotas: ['util', 'observe', 'access', 'stores', '.'],
    responders: ['threads'],
    runs: ['util', 'observe', 'stores', 'threads', 'responders', '.'],
    access: ['util', 'observe'],
    sessions: ['core', 'util', 'observe', 'stores', 'threads', 'runs', 'v1', '.'],
    v1: ['util', 'stores', 'threads', 'sessions', 'socketio'],
    nodes: ['util', 'observe', 'access', 'stores', 'runs', 'sessions', '.'],
    socketio: ['util', 'observe', 'access', 'stores', 'threads', 'sessions', 'quotas', 'v1', '.'],
    observe: ['util', 'stores', 'runs', 'sessions', 'socketio', '.'],
    testing: ['stores'],
    '.': [
      ...['core', 'util', 'stores', 'threads', 'responders', 'runs', 'access', 'sessions'],
      ...['nodes', 'socketio', 'observe', 'quotas'],
    ],
  },
  http: { '.': ['routes', 'metrics'], routes: ['.', 'metrics'], metrics: [] },
  testing: {},
  'session-monitor': { cli: ['.'] },
  dashboard: {
    model: [],
    server: ['model'],
    hooks: ['model', 'server'],
    views: ['model', 'server', 'hooks'],
    '.': ['model', 'server', 'hooks', 'views'],
  },
  demo: {
    markdown: [],
    faults: [],
    proof: [],
    session: [],
    threads: [],
    conversation: ['markdown', 'faults'],
    views: ['conversation', 'faults', 'markdown', 'proof', 'session', 'threads', '.'],
    '.': ['conversation', 'faults', 'proof', 'session', 'threads', 'views'],
  },
};

/** What a package may import of the others, besides itself. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ['@session-monitor/protocol'],
  testing: [
    '@session-monitor/protocol',
    '@session-monitor/protocol/rules',
    '@session-monitor/client',
  ],
  server: ['@session-monitor/protocol', '@session-monitor/protocol/rules'],
  http: [
    '@session-monitor/protocol',
    '@session-monitor/protocol/rules',
    '@session-monitor/server',
    '@session-monitor/server/internal',
  ],
  'session-monitor': [
    '@session-monitor/protocol',
    '@session-monitor/http',
    '@session-monitor/http/fastify',
    '@session-monitor/server',
    '@session-monitor/server/internal',
    '@session-monitor/server/lmdb',
    '@session-monitor/server/opentelemetry',
  ],
  demo: ['@session-monitor/client'],
  dashboard: [],
};

/** Folders that import nothing but the protocol: no Node, no DOM, no library. */
export const PURE: readonly string[] = [
  'protocol/.',
  'protocol/parse',
  'protocol/v1',
  'protocol/rules',
  'client/core',
  'server/core',
  'dashboard/model',
  'demo/conversation',
  'demo/markdown',
  'demo/proof',
  'demo/session',
];
