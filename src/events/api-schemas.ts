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
  required: ['events', 'next'],
  properties: {
    events: { type: 'array', items: EVENT_SCHEMA },
    publishers: {
      type: 'array',
      items: { type: ['string', 'null'] },
      description: 'The publisher of each event; only with the scope audit:read',
    },
    next: { type: ['string', 'null'], pattern: POSITION.source },
  },
} as const;
