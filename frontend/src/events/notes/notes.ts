import { comparePositions, type OperatorEvent, type Position } from '@vx11/events-client';

/** One action of an operator on an event. */
export interface Mark {
  /** Id of the principal. */
  readonly by: string;
  /** Position of the note itself. */
  readonly position: Position;
  readonly text: string;
}

/** Everything that operators have done with one event. */
export interface Annotation {
  readonly pinned: Mark | undefined;
  readonly acknowledged: Mark | undefined;
  /** Oldest first. */
  readonly notes: readonly Mark[];
}

export type Annotations = ReadonlyMap<Position, Annotation>;

const NONE: Annotation = { pinned: undefined, acknowledged: undefined, notes: [] };
const PREFIX = 'vx11.note.';

export function isNote({ type }: OperatorEvent): boolean {
  return type.startsWith(PREFIX);
}

/**
 * The annotations with these notes as well.
 * @param notes events of the types `vx11.note.*`, in any order, also repeated ones
 */
export function annotated(before: Annotations, notes: readonly OperatorEvent[]): Annotations {
  const after = new Map(before);
  for (const note of notes.toSorted((a, b) => comparePositions(a.position, b.position))) {
    const { subject, type, position } = note;
    if (subject === undefined || !isNote(note)) continue;
    const { by, text } = Object(note.data) as { by?: unknown; text?: unknown };
    const mark = { by: textOf(by), position, text: textOf(text) };
    after.set(subject, withMark(after.get(subject) ?? NONE, type.slice(PREFIX.length), mark));
  }
  return after;
}

function withMark(annotation: Annotation, kind: string, mark: Mark): Annotation {
  switch (kind) {
    case 'pinned':
      return { ...annotation, pinned: mark };
    case 'unpinned':
      return { ...annotation, pinned: undefined };
    case 'acknowledged':
      return { ...annotation, acknowledged: annotation.acknowledged ?? mark };
    case 'added': {
      const isKnown = annotation.notes.some(({ position }) => position === mark.position);
      return isKnown ? annotation : { ...annotation, notes: [...annotation.notes, mark] };
    }
    default:
      // A newer server may have more.
      return annotation;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
