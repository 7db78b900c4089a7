import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nextFrame } from './next-frame.js';

/** Frames of a browser that draws when the test says so. */
const frames = new Map<number, () => void>();

function stageBrowser(visibilityState: 'visible' | 'hidden'): void {
  let handles = 0;
  vi.stubGlobal('document', { visibilityState });
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
    handles += 1;
    frames.set(handles, run);
    return handles;
  });
  vi.stubGlobal('cancelAnimationFrame', (handle: number) => frames.delete(handle));
}

function draw(): void {
  for (const [handle, run] of [...frames]) {
    frames.delete(handle);
    run();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect([vi.getTimerCount(), frames.size]).toEqual([0, 0]);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the next frame', () => {
  test('is the one that the browser draws', () => {
    stageBrowser('visible');
    const run = vi.fn();
    nextFrame(run);
    vi.advanceTimersByTime(100);
    expect(run).not.toHaveBeenCalled();
    draw();
    expect(run).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['does not wait for a page that is hidden', 'hidden', 16],
    ['does not wait forever for one that was hidden meanwhile', 'visible', 1_000],
    ['is a timer where nothing is drawn', undefined, 16],
  ] as const)('%s', (_name, visibility, ms) => {
    if (visibility) stageBrowser(visibility);
    const run = vi.fn();
    nextFrame(run);
    vi.advanceTimersByTime(ms);
    expect(run).toHaveBeenCalledTimes(1);
  });

  for (const visibility of ['visible', 'hidden'] as const) {
    test(`does not come after it is cancelled, on a page that is ${visibility}`, () => {
      stageBrowser(visibility);
      const run = vi.fn();
      nextFrame(run)();
      draw();
      vi.advanceTimersByTime(2_000);
      expect(run).not.toHaveBeenCalled();
    });
  }
});
