[
  {
    "name": "The core: all that decides what a follower does",
    "path": "packages/client/dist/core/index.js",
    "import": "{ initialState, RULES, step }",
    "gzip": true,
    "limit": "5 kB"
  },
  {
    "name": "ThreadFollower: following on v2 servers and nothing else",
    "path": "packages/client/dist/index.js",
    "import": "{ ThreadFollower }",
    "gzip": true,
    "limit": "11.4 kB"
  },
  {
    "name": "SessionMonitor",
    "path": "packages/client/dist/index.js",
    "import": "{ SessionMonitor }",
    "gzip": true,
    "limit": "20.2 kB"
  },
  {
    "name": "The dashboard: its program",
    "path": "packages/dashboard/dist/page/dashboard/*.js",
    "gzip": true,
    "limit": "145 kB"
  }
]
