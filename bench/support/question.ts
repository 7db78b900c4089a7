/** A benchmark asks one question, of several peers in turn, in several cases. */

import { type Summary, summarise } from './statistics.js';

/** The figures of one measurement, by name, with the unit in the name. */
type Figures = Readonly<Record<string, number>>;

export interface Mode {
  /** Less of everything: for a quick look, not for a measurement. */
  readonly short: boolean;
}

interface Ratio {
  readonly metric: string;
  /** The peers that ours is compared with. */
  readonly against: readonly string[];
  /** Ours; `ours` if left out. */
  readonly of?: string;
}

/** A performance target of the project. Medians are compared. */
export interface Target {
  readonly metric: string;
  /** All cases if left out. */
  readonly name?: string;
  /** Ours; `ours` if left out. */
  readonly of?: string;
  /** The peer to compare with: as a quotient, or (`difference`) as a difference. */
  readonly against?: string;
  readonly difference?: true;
  /** Instead of a peer: another case of the same peer, compared as a difference. */
  readonly over?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface BenchRequest {
  readonly name: string;
  readonly title: string;
  /** Whether the short form asks it when nothing is named. */
  readonly inShort?: true;
  peers(mode: Mode): readonly string[];
  cases(mode: Mode): readonly string[];
  /** Whether a peer does not take part in a case. */
  skips?(peer: string, name: string): boolean;
  rounds(mode: Mode): number;
  measure(peer: string, name: string, mode: Mode): Promise<Figures>;
  readonly ratios: readonly Ratio[];
  readonly targets?: readonly Target[];
}

/** By case, peer and metric. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Summary>>>;

/** Measures the peers in turn in each round, so that a disturbance hits all of them. */
export async function ask(
  request: BenchRequest,
  mode: Mode,
  onMeasured: (what: string) => void,
): Promise<Results> {
  const samples = new Map<string, Map<string, Figures[]>>();
  for (let round = 1; round <= request.rounds(mode); round += 1) {
    for (const name of request.cases(mode)) {
      const peers = request.peers(mode).filter((peer) => !request.skips?.(peer, name));
      // Each round starts with another peer.
      const turned = peers.map((_, index) => peers[(index + round) % peers.length] ?? '');
      for (const peer of turned) {
        const figures = await request.measure(peer, name, mode);
        onMeasured(`${name}, ${peer}, round ${round}: ${describe(figures)}`);
        const byPeer = samples.get(name) ?? new Map<string, Figures[]>();
        samples.set(name, byPeer.set(peer, [...(byPeer.get(peer) ?? []), figures]));
      }
    }
  }
  return new Map(
    [...samples].map(([name, byPeer]) => [
      name,
      new Map([...byPeer].map(([peer, figures]) => [peer, summariseAll(figures)])),
    ]),
  );
}

function summariseAll(figures: readonly Figures[]): ReadonlyMap<string, Summary> {
  const metrics = Object.keys(figures[0] ?? {});
  return new Map(
    metrics.map((metric) => [metric, summarise(figures.map((each) => each[metric] ?? Number.NaN))]),
  );
}

const describe = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join(', ');

/** Three significant digits, thousands apart. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1_000)
    return Math.round(Number(value.toPrecision(3))).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
