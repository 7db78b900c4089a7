/** Traces what reaches one server, and what it delivers. */

import type { IncomingMessage } from 'node:http';
import type { RunEnd } from '@session-monitor/protocol/rules';
import type { Clock } from '../../util/clock.js';
import { Deliveries } from './deliveries.js';
import { MessageSpan } from './message-span.js';
import { PublishSpan } from './publish-span.js';
import { RunDelivery, type StreamedRun } from './run-delivery.js';
import { type Moment, momentOf, TimedSpan } from './timed-span.js';
import type { StartSpan, Tracing } from './tracing.js';

export interface ServerTracingDeps {
  readonly tracing: Tracing;
  readonly clock: Pick<Clock, 'now' | 'wall' | 'after'>;
  /** This server process's name. */
  readonly node: string;
}

interface RunIds {
  readonly run_id: string;
  readonly thread_id: string;
}

/** By which way something came. */
type Source = 'http' | 'socket' | 'program';

/** What a span says of a message or an event. */
interface Arrived {
  readonly thread_id: string;
  readonly message_id?: string | undefined;
  readonly user_id: string | null;
  readonly address?: string | undefined;
}

export class ServerTracing {
  readonly deliveries: Deliveries;
  readonly #deps: ServerTracingDeps;

  constructor(deps: ServerTracingDeps) {
    this.#deps = deps;
    this.deliveries = new Deliveries(deps);
  }

  /** An HTTP request has arrived. To be called before anything waits. */
  received(request: IncomingMessage): TraceOrigin {
    return this.#origin('http', this.#deps.tracing.received(request));
  }

  /** A program calls a method. */
  called(): TraceOrigin {
    return this.#origin('program', this.#deps.tracing.active());
  }

  /**
   * A packet has arrived on a socket. What is active then is what was when the socket was opened, if anything is, and that
   * is not what the packet belongs to.
   */
  heard(): TraceOrigin {
    return this.#origin('socket', this.#deps.tracing.unrelated());
  }

  /**
   * This node has ended a run in place of another one. If that is gone, its span of the run is lost.
   *
   * @param traceparent that of the span of its message
   */
  endedLost(run: RunIds, traceparent: string, end: RunEnd): void {
    const { tracing, clock, node } = this.#deps;
    const ids = {
      'session_monitor.node': node,
      'session_monitor.thread_id': run.thread_id,
      'session_monitor.run_id': run.run_id,
    };
    const span = new TimedSpan('session_monitor.run', tracing.remote(traceparent), ids, clock);
    span.set({ 'session_monitor.status': end.status });
    if (end.error) span.fail(end.error.code);
    span.end();
  }

  /** The stream of a run. Undefined if its message is not sampled. */
  streamed({ traceparent, ...run }: Omit<StreamedRun, 'traceparent'> & { traceparent?: string }) {
    return traceparent === undefined
      ? undefined
      : new RunDelivery(this.#deps, { ...run, traceparent });
  }

  #origin(source: Source, start: StartSpan): TraceOrigin {
    return new TraceOrigin(this.#deps, source, start);
  }
}

/** Where and when something arrived. */
export class TraceOrigin {
  readonly #deps: ServerTracingDeps;
  readonly #source: Source;
  readonly #start: StartSpan;
  readonly #begun: Moment;

  constructor(deps: ServerTracingDeps, source: Source, start: StartSpan) {
    this.#deps = deps;
    this.#source = source;
    this.#start = start;
    this.#begun = momentOf(deps.clock);
  }

  /** The sender of a message may send it. */
  message(arrived: Arrived & { readonly publish: boolean }): MessageSpan {
    const { clock, tracing } = this.#deps;
    const { thread_id } = arrived;
    const place = this.#place(thread_id);
    const attributes = {
      ...this.#about(arrived),
      'session_monitor.published': arrived.publish,
    };
    const span = new TimedSpan(
      'session_monitor.message',
      this.#start,
      attributes,
      clock,
      this.#begun,
    );
    return new MessageSpan({ span, place, thread_id, genAi: tracing.genAi });
  }

  /** The sender of an event may send it. */
  publish(arrived: Arrived & { readonly session_id?: string }): PublishSpan {
    const { session_id, thread_id } = arrived;
    const attributes = {
      ...this.#about(arrived),
      ...(session_id !== undefined && { 'session_monitor.session_id': session_id }),
    };
    const { clock } = this.#deps;
    const span = new TimedSpan(
      'session_monitor.publish',
      this.#start,
      attributes,
      clock,
      this.#begun,
    );
    return new PublishSpan(span, this.#place(thread_id));
  }

  #place(thread_id: string) {
    return { 'session_monitor.node': this.#deps.node, 'session_monitor.thread_id': thread_id };
  }

  #about({ thread_id, message_id, user_id, address }: Arrived) {
    const { identities } = this.#deps.tracing;
    return {
      ...this.#place(thread_id),
      'session_monitor.source': this.#source,
      ...(message_id !== undefined && { 'session_monitor.message_id': message_id }),
      ...(identities && user_id !== null && { 'session_monitor.user_id': user_id }),
      ...(identities && address !== undefined && { 'client.address': address }),
    };
  }
}
