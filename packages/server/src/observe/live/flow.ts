/** What flows through a node each second: from counters that only grow. */

import type { Metrics } from '../metrics/metrics.js';

/** The counters at one time. */
export interface FlowCounts {
  readonly published: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** How late the event loop was, added up, and how often it was looked at. */
  readonly lateSeconds: number;
  readonly looks: number;
}

export interface FlowRates {
  /** Events that the node appended. */
  readonly published_per_s: number;
  /** Events that it sent to readers, and their bytes. */
  readonly sent_per_s: number;
  readonly sent_bytes_per_s: number;
  /** How late its event loop was, on average. */
  readonly loop_delay_ms: number;
}

export function countsOf({ counters, histograms }: Metrics): FlowCounts {
  const { events_published_total, events_sent_total, event_bytes_sent_total } = counters;
  const { loop_delay_seconds } = histograms;
  return {
    published: events_published_total.value,
    sent: events_sent_total.socket.value + events_sent_total.stream.value,
    sentBytes: event_bytes_sent_total.socket.value + event_bytes_sent_total.stream.value,
    lateSeconds: loop_delay_seconds.sum,
    looks: loop_delay_seconds.count,
  };
}

/** @param ms from the first to the second */
export function ratesBetween(before: FlowCounts, now: FlowCounts, ms: number): FlowRates {
  const perSecond = (count: number) => tenths((count * 1_000) / Math.max(1, ms));
  const looks = now.looks - before.looks;
  const lateMs = (now.lateSeconds - before.lateSeconds) * 1_000;
  return {
    published_per_s: perSecond(now.published - before.published),
    sent_per_s: perSecond(now.sent - before.sent),
    sent_bytes_per_s: perSecond(now.sentBytes - before.sentBytes),
    loop_delay_ms: looks === 0 ? 0 : tenths(lateMs / looks),
  };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
