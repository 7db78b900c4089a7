/** Draws a timeline. The steps below it say the same in words, for those that do not see it. */

import { useMemo, useRef, useState } from 'react';
import { useWidth } from '../hooks/use-width.js';
import { clockTime, duration, fullTime } from '../model/format.js';
import type { Lane, Timeline } from '../model/timeline.js';
import { Choices } from './choices.js';
import { TimelineLegend } from './timeline-legend.js';

const NAMES_PX = 92;
const LANE_PX = 30;
const BAR_PX = 12;
const MARK_PX = 5;
const TRIPS_PX = 36;
const AXIS_PX = 22;
/** The least between two labels of the axis. */
const LABEL_PX = 104;
const LEAST_BAR_PX = 2;
/** More measurements are a line alone. */
const MANY_TRIPS = 120;

const RANGES = [
  { name: 'All', ms: Number.POSITIVE_INFINITY },
  { name: 'Last hour', ms: 3_600_000 },
  { name: 'Last 10 min', ms: 600_000 },
  { name: 'Last minute', ms: 60_000 },
] as const;

export interface TimelineViewProps {
  readonly timeline: Timeline;
  readonly chosen: number | null;
  readonly onChoose: (line: number) => void;
}

interface Scale {
  readonly from: number;
  readonly to: number;
  readonly x: (at: number) => number;
}

export function TimelineView({ timeline, chosen, onChoose }: TimelineViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [range, setRange] = useState<(typeof RANGES)[number]>(RANGES[0]);
  const scale = useMemo((): Scale => {
    const { to } = timeline;
    const from = Math.max(timeline.from, to - range.ms);
    const perMs = Math.max(1, width - NAMES_PX - MARK_PX * 2) / Math.max(1, to - from);
    return {
      from,
      to,
      x: (at) => NAMES_PX + MARK_PX + (Math.min(Math.max(at, from), to) - from) * perMs,
    };
  }, [timeline, range, width]);
  const hasTrips = timeline.roundTrips.length > 0;
  const height = timeline.lanes.length * LANE_PX + (hasTrips ? TRIPS_PX : 0) + AXIS_PX;
  const span = timeline.to - timeline.from;
  return (
    <>
      <div className="section-head">
        <p className="about">
          {duration(span)}, from {fullTime(timeline.from)} to {fullTime(timeline.to)}
        </p>
        <Choices
          about="Part of the timeline"
          of={RANGES.filter(({ ms }) => ms === Number.POSITIVE_INFINITY || ms < span)}
          chosen={range}
          onChoose={setRange}
        />
      </div>
      <div ref={box} className="timeline">
        {width > 0 && (
          <svg width={width} height={height} role="img" aria-label={summaryOf(timeline)}>
            {timeline.lanes.map((lane, index) => (
              <LaneView
                key={lane.name}
                lane={lane}
                top={index * LANE_PX}
                width={width}
                scale={scale}
                chosen={chosen}
                onChoose={onChoose}
              />
            ))}
            {hasTrips && (
              <Trips timeline={timeline} top={timeline.lanes.length * LANE_PX} scale={scale} />
            )}
            <Axis top={height - AXIS_PX} width={width} scale={scale} />
          </svg>
        )}
      </div>
      <TimelineLegend timeline={timeline} />
    </>
  );
}

const summaryOf = ({ lanes }: Timeline): string =>
  `Timeline: ${lanes.map(({ name, bars, marks }) => `${name}, ${bars.length + marks.length} entries`).join('; ')}. The steps are listed below.`;

interface LaneViewProps {
  readonly lane: Lane;
  readonly top: number;
  readonly width: number;
  readonly scale: Scale;
  readonly chosen: number | null;
  readonly onChoose: (line: number) => void;
}

function LaneView({ lane, top, width, scale, chosen, onChoose }: LaneViewProps) {
  const middle = top + LANE_PX / 2;
  const isSeen = (from: number, to: number) => to >= scale.from && from <= scale.to;
  return (
    <g>
      <line className="lane-line" x1={NAMES_PX} x2={width} y1={middle} y2={middle} />
      <text className="lane-name" x={0} y={middle + 4}>
        {lane.name}
      </text>
      {lane.bars
        .filter(({ from, to }) => isSeen(from, to))
        .map(({ from, to, kind, label }) => (
          <rect
            key={`${from} ${label}`}
            className="bar"
            data-kind={kind}
            x={scale.x(from)}
            y={middle - BAR_PX / 2}
            width={Math.max(LEAST_BAR_PX, scale.x(to) - scale.x(from))}
            height={BAR_PX}
            rx={3}
          >
            <title>{label}</title>
          </rect>
        ))}
      {lane.marks
        .filter(({ at }) => isSeen(at, at))
        .map(({ at, tone, label, line }) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the mouse; the steps are chosen by keys below
          <circle
            key={line}
            className="mark"
            data-tone={tone}
            data-chosen={line === chosen ? '' : undefined}
            cx={scale.x(at)}
            cy={middle}
            r={MARK_PX}
            onClick={() => onChoose(line)}
          >
            <title>{`${clockTime(at)} ${label}`}</title>
          </circle>
        ))}
    </g>
  );
}

/** The round trips of the samples, as a line from 0 to the longest. */
function Trips(props: {
  readonly timeline: Timeline;
  readonly top: number;
  readonly scale: Scale;
}) {
  const { timeline, top, scale } = props;
  const seen = timeline.roundTrips.filter(({ at }) => at >= scale.from);
  const most = Math.max(1, ...seen.map(({ ms }) => ms));
  const bottom = top + TRIPS_PX - 4;
  const points = seen.map(
    ({ at, ms }) => `${scale.x(at)},${bottom - (ms / most) * (TRIPS_PX - 10)}`,
  );
  return (
    <g>
      <text className="lane-name" x={0} y={top + 16}>
        Round trip
      </text>
      <text className="lane-more" x={0} y={top + 29}>
        up to {duration(most)}
      </text>
      <polyline className="trips" points={points.join(' ')} />
      {seen.length <= MANY_TRIPS &&
        seen.map(({ at, ms }) => (
          <circle
            key={at}
            className="trip"
            cx={scale.x(at)}
            cy={bottom - (ms / most) * (TRIPS_PX - 10)}
            r={2}
          >
            <title>{`${clockTime(at)} round trip ${duration(ms)}`}</title>
          </circle>
        ))}
    </g>
  );
}

function Axis(props: { readonly top: number; readonly width: number; readonly scale: Scale }) {
  const { top, width, scale } = props;
  const room = width - NAMES_PX;
  const count = Math.max(1, Math.floor(room / LABEL_PX));
  const ticks = Array.from(
    { length: count + 1 },
    (_, index) => scale.from + ((scale.to - scale.from) * index) / count,
  );
  return (
    <g>
      {ticks.map((at, index) => (
        <text
          key={at}
          className="lane-more"
          x={scale.x(at)}
          y={top + 15}
          textAnchor={index === 0 ? 'start' : index === count ? 'end' : 'middle'}
        >
          {clockTime(at).slice(0, 8)}
        </text>
      ))}
    </g>
  );
}
