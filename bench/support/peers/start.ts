import type { Peer, PeerName, PeerOptions } from './peer.js';
import { rawWs } from './raw-ws.js';
import { sessionMonitor, sessionMonitorOnRedis } from './session-monitor.js';
import { recovery, redisStreams, socketIo } from './socket-io.js';

export function startPeer(name: PeerName, options: PeerOptions): Promise<Peer> {
  switch (name) {
    case 'ws':
      return rawWs(false, options);
    case 'ws-batched':
      return rawWs(true, options);
    case 'rooms':
      return socketIo(options);
    case 'recovery':
      return recovery(options);
    case 'redis-streams':
      return redisStreams(options);
    case 'ours':
      return sessionMonitor(options);
    case 'ours-memory':
      return sessionMonitor(options, 'memory');
    case 'ours-untraced':
      return sessionMonitor({ ...options, isTraced: false });
    case 'ours-otel-off':
      return sessionMonitor({ ...options, sampled: 'off' });
    case 'ours-otel-1':
      return sessionMonitor({ ...options, sampled: 0.01 });
    case 'ours-otel-100':
      return sessionMonitor({ ...options, sampled: 1 });
    case 'ours-redis':
      return sessionMonitorOnRedis(options, 'everysec');
    case 'ours-redis-always':
      return sessionMonitorOnRedis(options, 'always');
    case 'ours-uncounted':
      return sessionMonitor({ uncounted: true, ...options });
    case 'ours-window':
      return sessionMonitor({ windowMs: 50, ...options });
  }
}
