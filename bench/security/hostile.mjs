/** How long the worst 1 MiB of input of each kind takes: redaction, reading a body, matching a filter. */
import '../../test/support/typescript.mjs';

import { readCloudEvent } from '../../dist/events/intake/cloud-event.js';
import { compactJson, membersOf } from '../../dist/events/intake/json-text.js';
import { EventFilter } from '../../dist/kernel/event-filter.js';
import { redactJson, redactText, redactUrl } from '../../dist/kernel/redaction.js';

const { HOSTILE_BODIES, HOSTILE_TEXTS } = await import('../../test/support/hostile-inputs.ts');

const MIB = 2 ** 20;
const EVENT_BYTES = 256;

/** The worst of so many runs, after one that compiles. */
function worstMs(work, rounds) {
  work();
  let worst = 0;
  for (let n = 0; n < rounds; n += 1) {
    const startedAt = performance.now();
    work();
    worst = Math.max(worst, performance.now() - startedAt);
  }
  return worst;
}

/** Every kind with its time for 1 MiB, and for half of it: twice the input should take twice the time. */
function times(kinds, work, rounds) {
  const rows = Object.entries(kinds).map(([kind, make]) => {
    const at = (length) => {
      const input = make(length);
      return worstMs(() => work(input), rounds);
    };
    return { kind, half_ms: at(MIB / 2), ms: at(MIB) };
  });
  const worst = rows.reduce((one, other) => (other.ms > one.ms ? other : one));
  return { worst, kinds: rows };
}

const json = (make) => (length) => JSON.stringify({ data: make(length) });
const mapped = (kinds, change) =>
  Object.fromEntries(Object.entries(kinds).map(([kind, make]) => [kind, change(make)]));
const event = (make) => (length) =>
  `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${make(length)}}`;

const prefixes = Array.from({ length: 50 }, (_, n) => `${'a'.repeat(60)}${n}.*`);
const filter = EventFilter.of({ type: prefixes, module: prefixes });
const TYPES = {
  'types that share the beginning of every prefix': () => 'a'.repeat(EVENT_BYTES),
  'types that only the last prefix begins': () => `${'a'.repeat(60)}49.${'b'.repeat(190)}`,
};

export async function measureHostile(rounds, log) {
  const read = (text) => {
    try {
      readCloudEvent(membersOf(compactJson(text, 64)), {
        now: 0,
        correlationId: 'c',
        publisher: 'p',
      });
    } catch (error) {
      // A refusal takes its time too.
      if (!(error instanceof SyntaxError)) throw error;
    }
  };
  const matchAll = ({ type, length }) => {
    for (let at = 0; at < length; at += EVENT_BYTES) {
      filter.matches({ type, module: prefixes[0], severity: 'info' });
    }
  };
  const result = {
    'redaction of a text': times(HOSTILE_TEXTS, redactText, rounds),
    'redaction of a URL': times(HOSTILE_TEXTS, redactUrl, rounds),
    'redaction of JSON': times(mapped(HOSTILE_TEXTS, json), redactJson, rounds),
    'reading a body': times(mapped(HOSTILE_BODIES, event), read, rounds),
    'a filter of 100 prefixes over events of 256 bytes': times(
      mapped(TYPES, (make) => (length) => ({ type: make(), length })),
      matchAll,
      rounds,
    ),
  };
  for (const [what, { worst }] of Object.entries(result)) {
    log(
      `${what}: ${worst.ms.toFixed(1)} ms for 1 MiB (${worst.half_ms.toFixed(1)} ms for half): ${worst.kind}`,
    );
  }
  return result;
}
