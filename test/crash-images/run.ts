/** Takes, damages, opens and judges images, one after another. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Say } from '../harness/program.js';
import { Random } from '../simulation/time/random.js';
import { pause } from '../support/until.js';
import { copyDirectory, copyImage, DAMAGES, type Damage, damage } from './image/image.js';
import { judge } from './judge/judge.js';
import { type Append, type Reference, readReference } from './judge/reference.js';
import type { Opened, OpenRequest } from './opener/messages.js';
import { Opener } from './opener/opener.js';
import { Writer } from './writer/writer.js';

const RESULTS = [
  'full',
  'prefix',
  'refused_at_open',
  'refused_at_read',
  'wrong',
  'crashed',
  'hung',
] as const;
type Result = (typeof RESULTS)[number];

interface Finding {
  readonly image: number;
  readonly damage: Damage;
  readonly done: string;
  readonly result: Result;
  readonly what: string;
  /** The folder of the image as it was before it was opened. */
  readonly kept: string;
}

export interface ImagesReport {
  readonly images: number;
  readonly acknowledged: number;
  readonly counts: Readonly<Record<Damage, Readonly<Record<Result, number>>>>;
  /** Codes of the refusals. */
  readonly codes: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface RunOptions {
  readonly images: number;
  readonly seed: number;
  /** Images that violate something stay here. */
  readonly folder: string;
  readonly say: Say;
}

/** Copies during one life of a writer, and lives on the same data. */
const MOMENTS_PER_LIFE = 5;
const LIVES_PER_DIRECTORY = 4;
/** Long enough that the writer writes, and the journal settles, in between. */
const MAX_WAIT_MS = 120;
const REPEATS = 4;
const SAY_EVERY = 60;

export async function runCrashImages(options: RunOptions): Promise<ImagesReport> {
  const run = new CrashImages(options);
  try {
    return await run.carryOut();
  } finally {
    await run.close();
  }
}

class CrashImages {
  readonly #options: RunOptions;
  readonly #random: Random;
  readonly #opener = new Opener();
  #writer: Writer | undefined;
  #images = 0;
  #acknowledged = 0;
  readonly #counts: Record<Damage, Record<Result, number>>;
  readonly #codes: Record<string, number> = {};
  readonly #findings: Finding[] = [];

  constructor(options: RunOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const none = () =>
      Object.fromEntries(RESULTS.map((each) => [each, 0])) as Record<Result, number>;
    this.#counts = { pristine: none(), truncated: none(), flipped: none() };
  }

  async carryOut(): Promise<ImagesReport> {
    for (let directory = 1; this.#wantsMore; directory += 1) await this.#useDirectory(directory);
    return {
      images: this.#images,
      acknowledged: this.#acknowledged,
      counts: this.#counts,
      codes: this.#codes,
      findings: this.#findings,
    };
  }

  async close(): Promise<void> {
    await this.#writer?.kill();
    await this.#opener.close();
  }

  get #wantsMore(): boolean {
    return this.#images < this.#options.images;
  }

  async #useDirectory(number: number): Promise<void> {
    const { seed, folder } = this.#options;
    const own = join(folder, `writer-${number}`);
    const writer = new Writer(own, seed + number * 1_000);
    this.#writer = writer;
    for (let life = 1; life <= LIVES_PER_DIRECTORY && this.#wantsMore; life += 1) {
      await writer.start();
      for (let moment = 1; moment <= MOMENTS_PER_LIFE && this.#wantsMore; moment += 1) {
        await pause(this.#random.between(1, MAX_WAIT_MS));
        await this.#takeImages(writer);
      }
      await writer.kill();
    }
    rmSync(own, { recursive: true, force: true });
  }

  async #takeImages(writer: Writer): Promise<void> {
    const original = join(this.#options.folder, 'original');
    rmSync(original, { recursive: true, force: true });
    const record = await writer.whileStopped(() => copyDirectory(writer.dataDir, original));
    const reference = readReference(record);
    for (const how of DAMAGES) if (this.#wantsMore) await this.#open(original, how, reference);
  }

  async #open(original: string, how: Damage, reference: Reference): Promise<void> {
    const { folder, say } = this.#options;
    this.#images += 1;
    const path = join(folder, `image-${this.#images}`);
    copyImage(original, path);
    const done = damage(path, how, this.#random);
    // Opening changes an image, so a copy from before is kept.
    const kept = `${path}.kept`;
    copyImage(path, kept);
    const opened = await this.#opener.open(this.#request(path, reference));
    const { result, what } = this.#resultOf(opened, reference);
    this.#counts[how][result] += 1;
    if (isViolation(how, result)) {
      this.#findings.push({ image: this.#images, damage: how, done, result, what, kept });
      say(`image ${this.#images} (${how}, ${done}): ${result}: ${what}`);
    } else rmSync(kept, { recursive: true, force: true });
    rmSync(path, { recursive: true, force: true });
    if (this.#images % SAY_EVERY === 0) say(`${this.#images} images opened`);
  }

  #request(path: string, reference: Reference): OpenRequest {
    const acknowledged = [...reference.appends.values()].filter((each) => each.acknowledged);
    this.#acknowledged += acknowledged.length;
    const candidates = acknowledged.filter(({ once }) => once).slice(-200);
    const repeats: Append[] = [];
    for (let draw = 0; draw < REPEATS && candidates.length > 0; draw += 1) {
      const [drawn] = candidates.splice(this.#random.int(0, candidates.length - 1), 1);
      if (drawn) repeats.push(drawn);
    }
    return { path, threads: [...reference.threads.keys()], repeats };
  }

  #resultOf(
    opened: Opened,
    reference: Reference,
  ): { readonly result: Result; readonly what: string } {
    switch (opened.result) {
      case 'hung':
        return { result: 'hung', what: '' };
      case 'crashed':
        return { result: 'crashed', what: opened.message };
      case 'refused':
        this.#codes[opened.code] = (this.#codes[opened.code] ?? 0) + 1;
        return { result: `refused_at_${opened.when}`, what: opened.message };
      case 'opened': {
        const { verdict, why } = judge(opened, reference);
        return { result: verdict, what: why };
      }
    }
  }
}

/** The image of a crash must be full; a damaged one may be refused, or be a true prefix. */
const isViolation = (how: Damage, result: Result): boolean =>
  how === 'pristine' ? result !== 'full' : ['wrong', 'crashed', 'hung'].includes(result);
