/** The session in numbers, the round-trip time as a graph, and what has happened. */

import type { SessionMonitorStatus } from '@session-monitor/client';
import type { TimelineEntry } from '../following.js';
import { describeGraph, graphOf, type Samples } from '../session/rtt-graph.js';
import { byId, make, setAttribute, setText } from './dom.js';

/** A sample each second, for a minute. */
export const GRAPH = { width: 240, height: 40, capacity: 60 } as const;

/** Name, and what it says of a status. */
const FACTS: readonly (readonly [name: string, tell: (status: SessionMonitorStatus) => string])[] =
  [
    ['State', ({ state }) => state],
    ['Round trip', ({ rtt_ms }) => (rtt_ms === null ? 'unknown' : `${rtt_ms} ms`)],
    ['Transport', ({ transport }) => transport ?? 'none'],
    ['Upgrades', ({ upgrades, failed_upgrades }) => `${upgrades}, ${failed_upgrades} failed`],
    ['Offset', ({ offset }) => String(offset)],
    ['Head', ({ head }) => String(head)],
    ['Reconnects', ({ reconnects }) => String(reconnects)],
    ['Resumes asked', ({ resumes }) => String(resumes)],
    ['Duplicates dropped', ({ duplicates }) => String(duplicates)],
    ['Gaps, resets', ({ gaps, resets }) => `${gaps}, ${resets}`],
    ['Session', ({ session_id }) => session_id ?? 'none yet'],
  ];

export class SessionView {
  readonly #values = new Map<string, HTMLElement>();
  readonly #graph = byId('graph', SVGElement);
  readonly #line = byId('graph-line', SVGPathElement);
  readonly #legend = byId('graph-legend', HTMLElement);
  readonly #timeline = byId('timeline', HTMLElement);
  #shown: readonly TimelineEntry[] = [];

  constructor() {
    const rows = FACTS.map(([name]) => {
      const value = make('dd');
      this.#values.set(name, value);
      return make('div', '', make('dt', '', name), value);
    });
    byId('facts', HTMLElement).append(...rows);
  }

  render(status: SessionMonitorStatus, samples: Samples, timeline: readonly TimelineEntry[]): void {
    for (const [name, tell] of FACTS) {
      const value = this.#values.get(name);
      if (value) setText(value, tell(status));
    }
    const { path, scaleMs } = graphOf(samples, GRAPH);
    setAttribute(this.#line, 'd', path);
    setAttribute(this.#graph, 'aria-label', describeGraph(samples));
    setText(this.#legend, `Round trip over the last minute; full height is ${scaleMs} ms`);
    this.#renderTimeline(timeline);
  }

  /** Newest first. */
  #renderTimeline(timeline: readonly TimelineEntry[]): void {
    if (timeline === this.#shown) return;
    this.#shown = timeline;
    const lines = timeline.map(({ at, text, kind }) => {
      const time = make('time', '', at.toLocaleTimeString([], { hour12: false }));
      time.dateTime = at.toISOString();
      const line = make('li', '', time, ' ', make('span', '', text));
      line.dataset.kind = kind;
      return line;
    });
    this.#timeline.replaceChildren(...lines.reverse());
  }
}
