import { LRUCache } from 'lru-cache';

/** Administrators, and addresses of one, that are remembered. */
const MOST_SUBJECTS = 1_000;
const MOST_PLACES = 50;

interface Known {
  acts: number;
  readonly places: LRUCache<string, true>;
}

/** Where administrators have acted from since this process started. */
export class KnownPlaces {
  private readonly subjects = new LRUCache<string, Known>({ max: MOST_SUBJECTS });

  /** Remembers it. @returns what was known before */
  visit(subject: string, place: string, acts: number): { acts: number; isKnown: boolean } {
    const known = this.subjects.get(subject) ?? {
      acts: 0,
      places: new LRUCache<string, true>({ max: MOST_PLACES }),
    };
    const before = { acts: known.acts, isKnown: known.places.has(place) };
    known.acts += acts;
    if (place !== '') known.places.set(place, true);
    this.subjects.set(subject, known);
    return before;
  }
}
