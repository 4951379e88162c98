import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.js';
import type { Principal } from '../../auth/principal.js';
import { Clock } from '../../kernel/clock.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { ProblemError } from '../../kernel/problem.js';
import { encode, SYSTEM_PUBLISHER, type LoggedEvent } from '../event.js';
import { EventMetrics } from '../event-metrics.js';
import { EventLog } from '../log/event-log.js';
import { justAfter, justBefore, type Position } from '../position.js';

/** What an operator can do with an event, and the type of the event that says so. */
export const NOTE_TYPES = {
  pin: 'vx11.note.pinned',
  unpin: 'vx11.note.unpinned',
  acknowledge: 'vx11.note.acknowledged',
  note: 'vx11.note.added',
} as const;
export type NoteAction = keyof typeof NOTE_TYPES;

export const MAX_NOTE_LENGTH = 2000;

const WORDS: Readonly<Record<NoteAction, string>> = {
  pin: 'pinned',
  unpin: 'unpinned',
  acknowledge: 'acknowledged',
  note: 'wrote a note on',
};

export interface NoteWish {
  readonly position: Position;
  readonly action: NoteAction;
  readonly text: string | undefined;
}

/**
 * Pins, acknowledgements and notes of operators. Each is an event of its own: it is kept,
 * ordered and delivered like any other, so all operators see the same. It has the module of
 * the event that it is about, so that a filter by module admits both.
 */
@Injectable()
export class EventNotes {
  constructor(
    private readonly log: EventLog,
    private readonly audit: AuditTrail,
    private readonly metrics: EventMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the position of the note
   * @throws ProblemError not_found for an event that the principal may not read, or that is gone;
   *   insufficient_scope for a note that the principal could not read; event_log_unavailable
   */
  async add(wish: NoteWish, principal: Principal, correlationId: string): Promise<Position> {
    const about = await this.find(wish.position, principal);
    const { action, text } = wish;
    const now = new Date(this.clock.now()).toISOString();
    const note = encode(
      SYSTEM_PUBLISHER,
      {
        specversion: '1.0',
        id: randomUUID(),
        source: SYSTEM_PUBLISHER,
        type: NOTE_TYPES[action],
        subject: wish.position,
        time: now,
        severity: 'info',
        module: about.module,
        correlationid: correlationId,
        datacontenttype: 'application/json',
        data: {
          summary: `${principal.id} ${WORDS[action]} ${about.type}${text ? `: ${text}` : ''}`,
          position: wish.position,
          by: principal.id,
          ...(text !== undefined && { text }),
        },
      },
      false,
    );
    if (!EventFilter.of(principal.filter).matches(note)) throw unreadable(NOTE_TYPES[action]);
    const { positions } = await this.log.append([note]);
    this.metrics.published('info');
    await this.audit.record({
      action: action === 'acknowledge' ? 'event.acknowledged' : 'event.annotated',
      actor: principal.id,
      subject: wish.position,
      reason: action,
      correlationId,
    });
    return positions[0] as Position;
  }

  private async find(position: Position, principal: Principal): Promise<LoggedEvent> {
    const { events } = await this.log.read({
      after: justBefore(position),
      before: justAfter(position),
      filter: EventFilter.of(principal.filter),
      limit: 1,
    });
    const [event] = events;
    if (event) return event;
    throw new ProblemError(
      'not_found',
      'There is no such event, or no longer, or this principal may not read it.',
    );
  }
}

function unreadable(type: string): ProblemError {
  return new ProblemError(
    'insufficient_scope',
    `The filter of this principal leaves out events of the type ${type} and severity info, so it could not read its own note. Ask an administrator to admit them.`,
  );
}
