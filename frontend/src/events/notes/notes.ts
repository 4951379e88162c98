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
  /** Position of the last note that pinned or unpinned it. */
  readonly pinnedAt?: Position;
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
  // The newest first: where older pages follow, each of theirs belongs at the beginning.
  for (const note of notes.toReversed()) {
    const { subject, type, position } = note;
    if (subject === undefined || !isNote(note)) continue;
    const { by, text } = Object(note.data) as { by?: unknown; text?: unknown };
    const mark = { by: textOf(by), position, text: textOf(text) };
    after.set(subject, withMark(after.get(subject) ?? NONE, type.slice(PREFIX.length), mark));
  }
  return after;
}

/** Older notes may come after newer ones: their positions decide. */
function withMark(annotation: Annotation, kind: string, mark: Mark): Annotation {
  const { acknowledged, pinnedAt, notes } = annotation;
  switch (kind) {
    case 'pinned':
    case 'unpinned':
      if (pinnedAt && comparePositions(mark.position, pinnedAt) < 0) return annotation;
      return {
        ...annotation,
        pinned: kind === 'pinned' ? mark : undefined,
        pinnedAt: mark.position,
      };
    case 'acknowledged':
      if (acknowledged && byPosition(acknowledged, mark) < 0) return annotation;
      return { ...annotation, acknowledged: mark };
    case 'added':
      return { ...annotation, notes: withNote(notes, mark) };
    default:
      // A newer server may have more.
      return annotation;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function withNote(notes: readonly Mark[], mark: Mark): readonly Mark[] {
  const at = notes.findIndex((known) => byPosition(known, mark) >= 0);
  if (at === -1) return [...notes, mark];
  return notes[at]?.position === mark.position ? notes : notes.toSpliced(at, 0, mark);
}

function byPosition(one: Mark, other: Mark): number {
  return comparePositions(one.position, other.position);
}
