import type { OperatorEvent } from '@vx11/events-client';
import { useMemo } from 'preact/hooks';
import { nowThere } from '../../ui/clock.js';
import { ago, count, duration } from '../../ui/format.js';
import { ChevronIcon } from '../../ui/icons.js';
import { summaryOf, timeOf } from '../entry.js';
import type { Search } from '../filter/filter.js';
import { NoteBadges } from '../notes/notes-view.js';
import { alertState } from './alerts.js';
import { columnText, type Column } from './columns.js';
import { Highlight } from './highlight.js';
import type { Row } from './rows.js';
import { clockTime, day, zoneLabel, type Zone } from '../../ui/time.js';

export interface RowLook {
  readonly zone: Zone;
  readonly columns: readonly Column[];
  /** Ages refer to this moment; 0: clock times. */
  readonly ageFrom: number;
  readonly search: Search | undefined;
  /** A filter leaves events out. */
  readonly isFiltered: boolean;
}

interface RowViewProps extends RowLook {
  row: Row;
  id: string;
  /** From 1, the newest; only for a list that stands still. */
  place?: { readonly position: number; readonly size: number } | undefined;
  isSelected: boolean;
  onActivate: (row: Row) => void;
}

/** One line of the list. An unchanged line is not rendered again. */
export function RowView(props: RowViewProps) {
  const { row, id, place, isSelected, onActivate, columns, zone, ageFrom, search, isFiltered } =
    props;
  const content = useMemo(
    () => <RowContent {...{ row, columns, zone, ageFrom, search, isFiltered }} />,
    [row.key, stateOf(row), columns, zone, ageFrom, search, isFiltered],
  );
  const isEvent = row.kind === 'event' || row.kind === 'burst';
  return (
    <div
      id={id}
      role="option"
      class={`row ${row.kind} ${isEvent ? row.event.severity : ''}`}
      data-in-burst={row.kind === 'event' && row.inBurst ? '' : undefined}
      aria-selected={isEvent ? isSelected : undefined}
      aria-disabled={isEvent ? undefined : true}
      aria-posinset={place?.position}
      aria-setsize={place?.size}
      data-open={row.kind === 'burst' && row.isOpen ? '' : undefined}
      onClick={isEvent ? () => onActivate(row) : undefined}
    >
      {content}
    </div>
  );
}

function stateOf(row: Row): string {
  return row.kind === 'burst' ? `${row.count} ${row.isOpen}` : '';
}

function RowContent({ row, ...look }: RowLook & { row: Row }) {
  switch (row.kind) {
    case 'event':
      return <EventCells event={row.event} {...look} />;
    case 'burst':
      return <EventCells event={row.event} burst={row} {...look} />;
    case 'day':
      return (
        <span class="note">
          {day(row.at, look.zone)} {zoneLabel(look.zone, row.at)}
        </span>
      );
    case 'gap':
      return (
        <span class="note">
          <strong>Gap.</strong> Events are missing here: at {clockTime(row.at, look.zone)} the
          server no longer had them.
        </span>
      );
    case 'recovered':
      return (
        <span class="note">
          Reconnected at {clockTime(row.at, look.zone)}; {missed(row.count, look.isFiltered)} below.
        </span>
      );
    default:
      return row satisfies never;
  }
}

/** The count is that of the stream; the panel's filter shows only a part of it. */
function missed(number: number, isFiltered: boolean): string {
  const events = `${count(number)} missed ${number === 1 ? 'event' : 'events'}`;
  if (isFiltered) return `of the ${events} those that match are`;
  return `the ${events} ${number === 1 ? 'is' : 'are'}`;
}

/** How long an alert has been firing, or was. */
function AlertBadge({ event }: { event: OperatorEvent }) {
  const state = alertState(event);
  if (!state) return null;
  const { isFiring, since, until } = state;
  return (
    <span class={isFiring ? 'alert-state firing' : 'alert-state'}>
      {isFiring
        ? `firing for ${duration(nowThere.value - since)}`
        : `resolved after ${duration((until ?? since) - since)}`}
    </span>
  );
}

type Burst = Extract<Row, { kind: 'burst' }>;

function EventCells(props: RowLook & { event: OperatorEvent; burst?: Burst }) {
  const { event, burst, columns, zone, ageFrom, search } = props;
  const at = timeOf(event);
  return (
    <>
      <span class={`severity ${event.severity}`}>{event.severity}</span>
      <span class="time">{ageFrom === 0 ? clockTime(at, zone) : ago(ageFrom - at)}</span>
      {columns.map((column) => (
        <span key={column} class={`column ${column}`}>
          <Highlight text={columnText(event, column)} search={search} />
        </span>
      ))}
      <span class="summary">
        {burst && (
          <span class="burst-count">
            <ChevronIcon />
            {count(burst.count)} {burst.isAlert ? 'states' : 'similar'}
            <span class="sr-only">{burst.isOpen ? ', expanded:' : ', collapsed:'}</span>
          </span>
        )}
        <NoteBadges position={event.position} />
        <AlertBadge event={event} />
        <Highlight text={summaryOf(event)} search={search} />
      </span>
    </>
  );
}
