/** What this server has counted since its start, and how it is read. Each part counts where something happens. */

import { RecentMean } from '../../util/recent.js';
import { type Cells, Counter, eachCell, makeCells } from './counter.js';
import { COUNTERS, type Declaration, HISTOGRAMS, METRICS, PREFIX } from './declarations.js';
import { Histogram } from './histogram.js';
import type { PumpCounts } from './pump-counts.js';

export type Counters = {
  readonly [Name in keyof typeof COUNTERS]: Cells<(typeof COUNTERS)[Name]['labels'], Counter>;
};
export type Histograms = Readonly<Record<keyof typeof HISTOGRAMS, Histogram>>;

export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** What stands after the metric's name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
}

/** A metric with its values at one time. */
export interface MetricReading extends Pick<Declaration, 'type' | 'help'> {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** The append whose way to the disk is measured. */
export interface FollowedAppend {
  /** When it was requested, in monotonic milliseconds; undefined while none is followed. */
  since: number | undefined;
}

/** A store that has become slow is noticed soon, also among many quick commits of before. */
const COMMIT_MEMORY_MS = 10_000;
const MAX_ROUND_TRIP_MS = 60_000;

export class Metrics {
  readonly counters = entries(COUNTERS, ({ labels }) =>
    makeCells(labels, () => new Counter()),
  ) as Counters;
  readonly histograms: Histograms = entries(HISTOGRAMS, ({ bounds }) => new Histogram(bounds));
  /** How long the store took of late to make events durable, in milliseconds. */
  readonly recentCommitMs = new RecentMean(COMMIT_MEMORY_MS);
  readonly appending: FollowedAppend = { since: undefined };
  /** Whether something is counted where events pass. A benchmark leaves that out. */
  readonly isCounting: boolean;
  /** Of the pumps that send over a socket, and of those that send over HTTP. */
  readonly pumps: Readonly<Partial<Record<'socket' | 'stream', PumpCounts>>>;

  constructor(isCounting = true) {
    this.isCounting = isCounting;
    this.pumps = isCounting
      ? { socket: this.#pumpCounts('socket'), stream: this.#pumpCounts('stream') }
      : {};
  }

  /** @param ms as a client says it. No client spoils the sum. */
  observeRoundTrip(ms: number): void {
    const between = Math.min(Math.max(ms, 0), MAX_ROUND_TRIP_MS);
    this.histograms.round_trip_seconds.observe(between / 1_000);
  }

  /** Every metric of the server, also those that are read elsewhere. */
  declared(): readonly Omit<MetricReading, 'samples'>[] {
    return Object.entries(METRICS).map(([name, { type, help }]) => ({
      name: `${PREFIX}${name}`,
      type,
      help,
    }));
  }

  /** Everything that is counted here. */
  read(): readonly MetricReading[] {
    const counted = Object.entries(COUNTERS).map(([name, declaration]) => {
      const cells = eachCell(declaration.labels, this.counters[name as keyof Counters]);
      const samples = [...cells].map(([labels, { value }]) => ({ labels, value }));
      return readingOf(name, declaration, samples);
    });
    const observed = Object.entries(HISTOGRAMS).map(([name, declaration]) =>
      readingOf(name, declaration, samplesOf(this.histograms[name as keyof Histograms])),
    );
    return [...counted, ...observed];
  }

  #pumpCounts(link: 'socket' | 'stream'): PumpCounts {
    const { counters } = this;
    return {
      sentEvents: counters.events_sent_total[link],
      sentBytes: counters.event_bytes_sent_total[link],
      deliveredEvents: counters.events_delivered_total[link],
      deliveredBytes: counters.event_bytes_delivered_total[link],
      pauses: counters.pump_pauses_total,
      // What a stream acknowledges has only left for the network.
      marks: link === 'socket',
    };
  }
}

export const readingOf = (
  name: string,
  { type, help }: Declaration,
  samples: readonly Sample[],
): MetricReading => ({ name: `${PREFIX}${name}`, type, help, samples });

function samplesOf(histogram: Histogram): readonly Sample[] {
  const buckets = histogram.cumulated();
  return [
    ...buckets.map(({ le, count }) => ({
      suffix: '_bucket',
      labels: { le: le === Number.POSITIVE_INFINITY ? '+Inf' : le },
      value: count,
    })),
    { suffix: '_sum', labels: {}, value: histogram.sum },
    { suffix: '_count', labels: {}, value: histogram.count },
  ];
}

/** The same names, each with what is made of its declaration. */
const entries = <Name extends string, D, T>(
  table: Readonly<Record<Name, D>>,
  make: (declaration: D) => T,
): Readonly<Record<Name, T>> =>
  Object.fromEntries(
    Object.entries<D>(table).map(([name, declaration]) => [name, make(declaration)]),
  ) as Record<Name, T>;
