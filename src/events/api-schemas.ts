import { POSITION } from './position.js';
import { SEVERITIES } from './event.js';

/** `accepted` of publishing: what is in the log, before and because of this request. */
export const ACCEPTED_SCHEMA = {
  type: 'object',
  required: ['accepted', 'duplicates', 'ids'],
  additionalProperties: false,
  properties: {
    accepted: { type: 'integer', minimum: 0 },
    duplicates: { type: 'integer', minimum: 0 },
    ids: { type: 'array', items: { type: 'string' } },
  },
} as const;

/** An event as stream and history hand it out. */
const EVENT_SCHEMA = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'time', 'severity', 'module'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string' },
    source: { type: 'string' },
    type: { type: 'string' },
    subject: { type: 'string' },
    time: { type: 'string' },
    severity: { type: 'string', enum: SEVERITIES },
    module: { type: 'string' },
    correlationid: { type: 'string' },
    position: { type: 'string', pattern: POSITION.source },
    datacontenttype: { type: 'string' },
    dataschema: { type: 'string' },
    data: {},
    data_base64: { type: 'string' },
  },
} as const;

export const HISTORY_SCHEMA = {
  type: 'object',
  required: ['events', 'next', 'searched_back_to', 'latest', 'gap'],
  additionalProperties: false,
  properties: {
    events: { type: 'array', items: EVENT_SCHEMA },
    publishers: {
      type: 'array',
      items: { type: ['string', 'null'] },
      description: 'The publisher of each event; only with the scope audit:read',
    },
    next: { type: ['string', 'null'], pattern: POSITION.source },
    searched_back_to: {
      type: ['string', 'null'],
      pattern: POSITION.source,
      description: 'Where the search stopped; null when it reached the beginning, and with `after`',
    },
    latest: {
      type: ['string', 'null'],
      pattern: POSITION.source,
      description: 'With `after`: everything up to here was searched, matching or not',
    },
    gap: {
      type: ['object', 'null'],
      description:
        'With `after`: some events after it are no longer in the log; from `oldest` on it has all',
      required: ['lost', 'oldest'],
      additionalProperties: false,
      properties: {
        lost: { type: 'boolean' },
        oldest: { type: ['string', 'null'], pattern: POSITION.source },
      },
    },
  },
} as const;

const NUMBER = { type: 'integer', minimum: 0 } as const;
const BY_SEVERITY = {
  required: SEVERITIES,
  properties: Object.fromEntries(SEVERITIES.map((severity) => [severity, NUMBER])),
};
const MOST_FREQUENT = {
  type: 'array',
  maxItems: 100,
  description: 'The most frequent first',
  items: {
    type: 'object',
    required: ['value', 'count'],
    additionalProperties: false,
    properties: { value: { type: 'string' }, count: NUMBER },
  },
} as const;

/** The groups are those that `by` names. */
export const COUNTS_SCHEMA = {
  type: 'object',
  required: ['total', 'since', 'until', 'through', 'is_complete', 'searched_back_to'],
  additionalProperties: false,
  properties: {
    total: NUMBER,
    since: { type: 'string', format: 'date-time' },
    until: { type: 'string', format: 'date-time' },
    severity: { type: 'object', additionalProperties: false, ...BY_SEVERITY },
    module: MOST_FREQUENT,
    type: MOST_FREQUENT,
    time: {
      type: 'object',
      required: ['bucket_ms', 'buckets'],
      additionalProperties: false,
      properties: {
        bucket_ms: { type: 'integer', minimum: 1 },
        buckets: {
          type: 'array',
          maxItems: 500,
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['since', ...BY_SEVERITY.required],
            properties: {
              since: { type: 'string', format: 'date-time' },
              ...BY_SEVERITY.properties,
            },
          },
        },
      },
    },
    through: {
      type: 'string',
      pattern: POSITION.source,
      description: 'The newest event of the log when it was counted; later ones are not included',
    },
    is_complete: { type: 'boolean', description: 'False when the search stopped before the end' },
    searched_back_to: {
      type: ['string', 'null'],
      pattern: POSITION.source,
      description:
        'Where the search stopped; or the oldest event held, when the log no longer has the beginning of the period',
    },
  },
} as const;
