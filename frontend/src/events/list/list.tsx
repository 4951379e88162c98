import { useSignalEffect } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import { isNarrow } from '../../ui/media.js';
import { useVirtual } from '../../ui/virtual.js';
import { isEmpty } from '../filter/filter.js';
import { loadOlder, past } from '../connection/history.js';
import { ageFrom, hold, isBusy, isHeld, origin, rows, setHold, toggleBurst } from './list-state.js';
import { COLUMN_NAMES, columnWidths } from './columns.js';
import { ListEnd } from './list-end.js';
import { NewPill } from './new-pill.js';
import { RowView } from './row.js';
import type { Row } from './rows.js';
import { isAtTop, move, openDetails, selected } from './selection.js';
import { columns, compiled, filter, zone } from '../settings.js';
import { timeOf } from '../entry.js';
import { zoneLabel } from '../../ui/time.js';

const ROW_HEIGHT = 26;
const NARROW_ROW_HEIGHT = 58;
/** Rows before the end at which the next page of the past is fetched. */
const AHEAD = 20;

export function EventList() {
  const scroller = useRef<HTMLDivElement>(null);
  const list = rows.value;
  const rowHeight = isNarrow.value ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const { items, offset, height, scrollToIndex } = useVirtual({
    scroller,
    count: list.length,
    rowHeight,
  });
  const rowId = (key: string) => `row ${key}`.replaceAll(' ', '-');
  // Only a row that is in the document: assistive technology follows the id.
  const active = items.some(({ index }) => list[index]?.key === selected.value)
    ? selected.value
    : undefined;

  // The zone of the newest line in sight; below, lines mark where its offset changes.
  const inSight = items.map(({ index }) => list[index]).find((row) => row && 'event' in row);
  const newest = inSight && 'event' in inSight ? timeOf(inSight.event) : Date.now();

  useEffect(() => {
    const index = rows.peek().findIndex(({ key }) => key === selected.value);
    if (index >= 0) scrollToIndex(index);
  }, [selected.value]);

  // A live list shows its newest end.
  useSignalEffect(() => {
    if (!isHeld.value) scroller.current?.scrollTo({ top: 0 });
  });

  const isEndNear = (items.at(-1)?.index ?? 0) + AHEAD >= list.length;
  // Read here, so that the list looks again when the stream has begun: a snapshot without
  // a match changes no row.
  const isPastOpen = past.value.status === 'unknown' && origin.value !== undefined;
  useEffect(() => {
    if (isEndNear && isPastOpen) void loadOlder();
  });

  const onScroll = useCallback(({ currentTarget }: { currentTarget: HTMLElement }) => {
    isAtTop.value = currentTarget.scrollTop < ROW_HEIGHT / 2;
    // A list that ends in the past gets no new events.
    if (filter.peek().to !== '') return;
    if (isAtTop.value && hold.value === 'scrolled') setHold(undefined);
    if (!isAtTop.value && hold.value === undefined) setHold('scrolled');
  }, []);

  const onActivate = useCallback((row: Row) => {
    if (row.kind === 'event') openDetails(row.key);
    if (row.kind === 'burst') toggleBurst(row.key);
  }, []);

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
      const steps: Record<string, number> = {
        ArrowDown: 1,
        ArrowUp: -1,
        PageDown: page,
        PageUp: -page,
        Home: -Infinity,
        End: Infinity,
      };
      const by = steps[event.key];
      if (by === undefined) return;
      event.preventDefault();
      move(by);
    },
    [rowHeight],
  );

  return (
    <div class="list" data-held={isHeld.value} style={{ '--shown': columnWidths(columns.value) }}>
      <div class="list-head" aria-hidden="true">
        <span>Severity</span>
        <span>Time {ageFrom.value === 0 && zoneLabel(zone.value, newest)}</span>
        {columns.value.map((column) => (
          <span key={column} class="column">
            {COLUMN_NAMES[column]}
          </span>
        ))}
        <span>Summary</span>
      </div>
      <NewPill />
      <div ref={scroller} class="scroller" onScroll={onScroll}>
        <div
          class="rows"
          role="listbox"
          aria-label="Events, newest first"
          tabIndex={0}
          aria-activedescendant={active === undefined ? undefined : rowId(active)}
          style={{ height: `${height}px` }}
          onKeyDown={onKeyDown}
        >
          <div class="window" style={{ transform: `translateY(${offset}px)` }}>
            {items.map(({ index }, slot) => {
              const row = list[index];
              return (
                row && (
                  <RowView
                    key={isBusy.value ? slot : row.key}
                    id={rowId(row.key)}
                    row={row}
                    place={isHeld.value ? { position: index + 1, size: list.length } : undefined}
                    isSelected={row.key === active}
                    onActivate={onActivate}
                    columns={columns.value}
                    zone={zone.value}
                    ageFrom={ageFrom.value}
                    search={compiled.value.search}
                    isFiltered={!isEmpty(filter.value)}
                  />
                )
              );
            })}
          </div>
        </div>
        <ListEnd />
      </div>
    </div>
  );
}
