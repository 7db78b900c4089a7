// biome-ignore-all lint/a11y/useSemanticElements: rows at computed places cannot be those of a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and names its active row

/**
 * The list of sessions: as long as it is, of which only the rows that are seen are in the document. Arrow keys move in it,
 * Enter opens a session.
 */

import { FlexRender, type Row, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import { NARROW, useMedia } from '../hooks/use-media.js';
import { useNow } from '../hooks/use-now.js';
import type { SessionRow } from '../model/answers.js';
import type { LiveList } from '../model/live.js';
import type { Seen } from '../model/window.js';
import { Ago } from './parts.js';
import { IsActiveRow } from './row-link.js';
import { AGES, COLUMNS, FEATURES, NAMES, SORTED_BY } from './session-columns.js';

const ROW_PX = 36;
const NARROW_ROW_PX = 58;
const OVERSCAN = 6;

export interface SessionGridProps {
  readonly list: LiveList;
  readonly sort: string;
  readonly unreachable: readonly string[];
  readonly onSort: (sort: string) => void;
  readonly onSeen: (seen: Seen) => void;
  readonly onOpen: (session_id: string) => void;
}

export function SessionGrid(props: SessionGridProps) {
  const { list, sort, unreachable, onSort, onSeen, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia(NARROW);
  const now = useNow();
  const [active, setActive] = useState(0);
  const table = useTable({
    features: FEATURES,
    columns: COLUMNS,
    data: list.rows as SessionRow[],
    getRowId: ({ session_id }) => session_id,
  });
  const rowPx = isNarrow ? NARROW_ROW_PX : ROW_PX;
  const virtual = useVirtualizer({
    count: list.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured again
  useEffect(() => virtual.measure(), [virtual, rowPx]);

  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onSeen({ first, last }), [onSeen, first, last]);

  const rows = table.getRowModel().rows;
  const here = Math.min(active, Math.max(0, list.total - 1));
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 1);

  function move(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: 0,
      End: list.total - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const index = Math.min(Math.max(0, to), list.total - 1);
      setActive(index);
      virtual.scrollToIndex(index);
    } else if (event.key === 'Enter' && event.target === event.currentTarget) {
      const row = rows[here - list.from];
      if (row) onOpen(row.original.session_id);
    }
  }

  const isShown = items.some(({ index }) => index === here);
  return (
    <div
      ref={scroller}
      className="grid"
      role="grid"
      tabIndex={0}
      aria-label="Sessions"
      aria-rowcount={list.total + 1}
      aria-colcount={COLUMNS.length}
      aria-activedescendant={isShown ? `row-${here}` : undefined}
      onKeyDown={move}
    >
      <div role="rowgroup" className="grid-head">
        <div role="row" aria-rowindex={1} className="session-row">
          {table.getFlatHeaders().map(({ id }) => (
            <HeadCell key={id} id={id} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index - list.from];
          return (
            <GridRow
              key={index}
              index={index}
              start={start}
              height={rowPx}
              row={row}
              isActive={index === here}
              isStale={row !== undefined && unreachable.includes(row.original.node)}
              now={now}
              onChoose={setActive}
            />
          );
        })}
      </div>
    </div>
  );
}

function HeadCell(props: {
  readonly id: string;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}) {
  const { id, sort, onSort } = props;
  const field = SORTED_BY[id];
  const isDescending = sort.startsWith('-');
  const isSorted = field !== undefined && sort.replace(/^-/, '') === field;
  const next = isSorted && !isDescending ? `-${field}` : `${field}`;
  const order = isSorted ? (isDescending ? 'descending' : 'ascending') : undefined;
  return (
    <div role="columnheader" data-column={id} aria-sort={order}>
      {field === undefined ? (
        NAMES[id]
      ) : (
        <button type="button" onClick={() => onSort(next)}>
          {NAMES[id]}
          <span aria-hidden="true">{isSorted ? (isDescending ? ' ↓' : ' ↑') : ''}</span>
        </button>
      )}
    </div>
  );
}

interface GridRowProps {
  readonly index: number;
  readonly start: number;
  readonly height: number;
  /** Undefined until the server has sent it. */
  readonly row: Row<typeof FEATURES, SessionRow> | undefined;
  readonly isActive: boolean;
  /** Whether its server does not answer. */
  readonly isStale: boolean;
  readonly now: number;
  readonly onChoose: (index: number) => void;
}

/** A scroll draws the rows that come into the window, and leaves the others alone. */
const GridRow = memo(function GridRow(props: GridRowProps) {
  const { index, start, height, row, isActive, isStale, now, onChoose } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      className="session-row"
      data-stale={isStale ? '' : undefined}
      style={{ transform: `translateY(${start}px)`, height }}
      onClick={() => onChoose(index)}
    >
      <IsActiveRow value={isActive}>
        {row ? (
          row.getAllCells().map((cell) => {
            const ageOf = AGES[cell.column.id];
            return (
              <div key={cell.column.id} role="gridcell" data-column={cell.column.id}>
                {ageOf ? <Ago at={ageOf(row.original)} now={now} /> : <FlexRender cell={cell} />}
              </div>
            );
          })
        ) : (
          <div role="gridcell" className="pending" aria-label="Loading" />
        )}
      </IsActiveRow>
    </div>
  );
});
