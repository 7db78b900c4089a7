/** Races of several nodes that random actions rarely produce. */

import { type Cue, loseFrame, type Props, publish, type Scripted } from './scripted.js';

/** The most nodes of a world. An action selects its node modulo their number. */
const NODES = [0, 1, 2] as const;

const kill = (after: number, node: number, downMs: number): Cue => ({
  after,
  do: 'kill',
  silently: false,
  downMs,
  at_step: null,
  node,
});

const burst = (after: number, { thread }: Props, count: number, everyMs = 0): Cue => ({
  after,
  do: 'publish',
  thread,
  bytes: 4,
  named: true,
  count,
  everyMs,
});

export const CLUSTER_SCENARIOS: Scripted = {
  /** Nodes start, and a failover loses their first heartbeats; a page registers and is copied before the next ones. */
  'lost heartbeat': ({ page, random }) => [
    ...NODES.map((node) => kill(0, node, random.int(10, 40))),
    { after: 5, do: 'fail_over', behindMs: 150, downMs: 10 },
    { after: random.int(170, 600), do: 'cut', page, tells: 'both' },
    { after: random.int(700, 1_400), do: 'duplicate', page },
  ],
  /** Nodes start while Redis is away; a tab is copied before the next heartbeats. */
  'unlisted start': ({ page, random }) => {
    const redisDownMs = random.int(100, 400);
    return [
      { after: 0, do: 'redis_down', downMs: redisDownMs },
      ...NODES.map((node) => kill(0, node, random.int(10, 100))),
      { after: redisDownMs + random.int(50, 1_500), do: 'duplicate', page },
      { after: redisDownMs + random.int(50, 1_500), do: 'duplicate', page },
    ];
  },
  /**
   * A failover loses a batch that readers have had from another node, and its answer is lost, too. Something else takes
   * its place before it is appended again.
   */
  'lost batch': (props) => {
    const { random } = props;
    const behindMs = random.int(60, 200);
    const downMs = random.int(5, 60);
    const at = behindMs - random.int(0, 20);
    return [
      { after: 0, do: 'fail_over', behindMs, downMs },
      burst(at, props, random.int(3, 8)),
      ...NODES.map(
        (node): Cue => ({ after: at + random.int(1, 12), do: 'redis_cut', node, link: 'appends' }),
      ),
      ...[1, 2].map(() => burst(behindMs + downMs + random.int(0, 60), props, 1)),
    ];
  },
  /** A replica is behind for longer than WAIT waits for it, and then takes over. */
  'replica far behind': (props) => {
    const { random } = props;
    const behindMs = random.int(1_050, 1_600);
    return [
      { after: 0, do: 'fail_over', behindMs, downMs: random.int(5, 60) },
      publish(random.int(1, 40), props),
      publish(behindMs + random.int(100, 400), props),
    ];
  },
  /** A failover loses the newest events, and the frame with the reset is lost, too. */
  'lost end unheard': (props) => {
    const { random } = props;
    const behindMs = random.int(120, 250);
    return [
      { after: 0, do: 'fail_over', behindMs, downMs: random.int(5, 30) },
      // More than what comes later: the page stays ahead.
      burst(random.int(1, behindMs - 100), props, 40),
      loseFrame(behindMs, props),
    ];
  },
  /** A node has missed what was appended, and is reading it when a failover loses it. */
  'lost while read': (props) => {
    const { random } = props;
    const behindMs = random.int(60, 200);
    return [
      ...NODES.map((node): Cue => ({ after: 0, do: 'wakes_lost', node, ms: behindMs - 20 })),
      { after: 1, do: 'fail_over', behindMs, downMs: random.int(5, 60) },
      publish(random.int(5, behindMs - 25), props),
      publish(behindMs - random.int(2, 12), props),
      ...(random.chance(0.5) ? [publish(behindMs + random.int(10, 200), props)] : []),
    ];
  },
  /** A page reads the log from its beginning at a node that has missed the newest events. A failover loses them, and others come. */
  'read past the known head': (props) => {
    const { page, random } = props;
    const reloadAt = 150;
    const missedFrom = reloadAt + random.int(5, 150);
    const behindMs = random.int(60, 200);
    const takenOverAt = missedFrom + behindMs;
    return [
      burst(0, props, random.int(12, 24)),
      { after: reloadAt, do: 'reload', page, checkpoint: false },
      ...NODES.map((node): Cue => {
        return { after: missedFrom, do: 'wakes_lost', node, ms: behindMs + 50 };
      }),
      { after: missedFrom, do: 'fail_over', behindMs, downMs: random.int(5, 30) },
      publish(missedFrom + random.int(1, 10), props),
      publish(takenOverAt + random.int(40, 200), props),
      publish(takenOverAt + random.int(200, 400), props),
    ];
  },
  /** A failover loses only the mark that events are durable, and pages come back at nodes that never saw them. */
  'lost mark': (props) => {
    const { random } = props;
    return [
      publish(0, props),
      { after: random.int(1, 9), do: 'fail_over', behindMs: 30, downMs: random.int(5, 40) },
      ...NODES.map((node) => {
        const downMs = random.int(10, 60);
        return kill(random.int(12, 35), node, downMs);
      }),
      publish(random.int(150, 400), props),
    ];
  },
  /** A session moves, its former node does not hear of that for a while, and a tab is copied there. */
  'move unheard': (props) => {
    const { page, random } = props;
    const deafMs = random.pick([600, 4_000]);
    return [
      ...NODES.map((node): Cue => {
        return { after: 0, do: 'redis_deaf', node, link: 'wake', ms: deafMs };
      }),
      { after: 5, do: 'cut', page, tells: 'client' },
      publish(random.int(500, 2_000), props),
      { after: random.int(2_100, 3_200), do: 'duplicate', page },
    ];
  },
  /** A page moves to a node that has missed the newest events. A failover loses them, and others come. */
  'move to a node behind': (props) => {
    const { page, random } = props;
    const takenOverAt = 460;
    return [
      { after: 0, do: 'duplicate', page },
      ...NODES.map((node): Cue => ({ after: 300, do: 'wakes_lost', node, ms: 150 })),
      { after: 310, do: 'fail_over', behindMs: takenOverAt - 310, downMs: random.int(5, 30) },
      publish(320, props),
      { after: random.int(340, 400), do: 'cut', page, tells: 'both' },
      publish(takenOverAt + random.int(40, 150), props),
      publish(takenOverAt + random.int(40, 150), props),
      publish(takenOverAt + random.int(150, 400), props),
    ];
  },
  /** A reply has ended. A failover loses it between the reads for its compaction and the write, and other events come. */
  'lost compaction': (props) => {
    const { page, thread, random } = props;
    const behindMs = random.int(60, 150);
    return [
      { after: 0, do: 'fail_over', behindMs, downMs: random.int(5, 20) },
      {
        after: behindMs - random.int(30, 60),
        do: 'ask',
        thread,
        publish: true,
        parts: 6,
        everyMs: 3,
        ends: 'well',
      },
      ...NODES.map((node): Cue => {
        return {
          after: behindMs - random.int(1, 12),
          do: 'redis_deaf',
          node,
          link: 'writes',
          ms: 400,
        };
      }),
      burst(behindMs + 30, props, 10, 5),
      { after: behindMs + random.int(500, 900), do: 'reload', page, checkpoint: false },
    ];
  },
  /**
   * The page's node is frozen and declared lost, its thread is erased, and the page registers at another node: under the same
   * name, with the same generation. Then the frozen node goes on.
   */
  'same name again': (props) => [
    { after: 0, do: 'offline', page: props.page, ms: 8_000 },
    { after: 5, do: 'freeze_node', node: props.random.pick(NODES), ms: 9_500 },
    { after: 7_200, do: 'erase', thread: props.thread },
    publish(8_300, props),
    publish(9_700, props),
  ],
  /** A page is frozen with its node for so long that the others declare that lost, and both go on. */
  'frozen together': (props) => {
    const ms = props.random.int(7_000, 9_500);
    return [
      { after: 0, do: 'freeze_node', node: 0, ms },
      { after: props.random.int(0, 20), do: 'freeze', page: props.page, ms },
      publish(props.random.int(0, ms), props),
      publish(ms + props.random.int(0, 300), props),
      { after: ms + props.random.int(0, 1_500), do: 'duplicate', page: props.page },
    ];
  },
};
