/** One of the seven processes, as `GET /operator/api/services` reports it. */
export interface Service {
  readonly name: string;
  /** `up`, `down`, or a word of its own such as `embedded`. */
  readonly status: string;
  readonly latency_ms?: number | null;
  /** ISO 8601. */
  readonly since?: string | null;
}

type Tone = 'good' | 'wait' | 'bad' | 'off';

export function toneOf(status: string): Tone {
  return TONES[status] ?? 'off';
}

const TONES: Record<string, Tone> = {
  up: 'good',
  ok: 'good',
  embedded: 'good',
  degraded: 'wait',
  draining: 'wait',
  down: 'bad',
};
