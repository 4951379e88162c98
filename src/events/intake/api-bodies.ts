import { SEVERITIES } from '../event.js';

/*
 * The bodies of the publishing routes as OpenAPI describes them. JSON Schema counts
 * characters and our limits are in bytes, so those stand in descriptions; so do the
 * limit of nesting and the rule against credentials. Null counts as absent wherever
 * `null` is a type (CloudEvents JSON format, section 2.2).
 */

/** No control characters. */
const TEXT = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';
const FILLED_TEXT = '^[^\\u0000-\\u001f\\u007f-\\u009f]+$';

const required = (description: string) => ({ type: 'string', pattern: FILLED_TEXT, description });
const optional = (description: string, pattern = TEXT) => ({
  type: ['string', 'null'],
  pattern,
  description,
});
const SEVERITY = {
  enum: [...SEVERITIES, '', null],
  default: 'info',
  description: 'Empty means absent',
};

const CLOUD_EVENT = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  description: 'At most 65,536 bytes without white space',
  properties: {
    specversion: { const: '1.0' },
    id: required('At most 2,048 bytes; the same source and id within 10 minutes is taken once'),
    source: { type: 'string', format: 'uri-reference', minLength: 1 },
    type: required('At most 256 bytes; `vx11.*` is reserved'),
    subject: optional('At most 2,048 bytes', FILLED_TEXT),
    time: { type: ['string', 'null'], format: 'date-time' },
    severity: SEVERITY,
    module: optional('At most 128 bytes; by default the last part of the source'),
    correlationid: optional('At most 1,024 bytes'),
    datacontenttype: optional('A media type', '^[\\w!#$&^.+-]+/[\\w!#$&^.+-]+$'),
    dataschema: { type: ['string', 'null'], format: 'uri' },
    traceparent: { description: 'Ignored unless it is valid (W3C Trace Context)' },
    data: { description: 'Any JSON, at most 64 levels deep; kept as it is written' },
    data_base64: optional(
      'Instead of data',
      '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
    ),
    position: { type: 'null', description: 'Given by the log' },
  },
  propertyNames: { pattern: '^(?:[a-z0-9]{1,64}|data_base64)$' },
  additionalProperties: {
    description: 'An extension attribute; an integer is written without a fraction: 1, not 1.0',
    anyOf: [
      optional('Text'),
      { type: 'boolean' },
      { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
    ],
  },
  not: {
    required: ['data', 'data_base64'],
    properties: { data_base64: { type: 'string' } },
  },
};

const PLAIN_EVENT = {
  type: 'object',
  required: ['event_type', 'module'],
  additionalProperties: false,
  properties: {
    event_type: required('Becomes `type`; at most 256 bytes; `vx11.*` is reserved'),
    module: optional('At most 128 bytes'),
    severity: SEVERITY,
    summary: { type: 'string' },
    payload: { description: 'Any JSON' },
    correlation_id: optional('At most 1,024 bytes'),
  },
};

const ORDER = {
  specversion: '1.0',
  id: 'order-7',
  source: '/shop/checkout',
  type: 'shop.order.stuck',
  severity: 'warn',
  data: { summary: 'Order 7 waits for its payment' },
};

/** The three forms whose body says what they are; the first is what a page offers. */
export const PUBLISHED = {
  'application/json': {
    schema: PLAIN_EVENT,
    examples: {
      plain: {
        summary: 'Plain JSON',
        value: { event_type: 'hello', module: 'demo', severity: 'info', summary: 'Hello' },
      },
    },
  },
  'application/cloudevents+json': {
    schema: CLOUD_EVENT,
    examples: { structured: { summary: 'One CloudEvent', value: ORDER } },
  },
  'application/cloudevents-batch+json': {
    schema: { type: 'array', items: CLOUD_EVENT, maxItems: 500, description: 'At most 1 MiB' },
    examples: {
      batch: { summary: 'Several', value: [ORDER, { ...ORDER, id: 'order-8' }] },
    },
  },
};

/** OpenAPI cannot describe a body that means something else because of a header. */
export const BINARY_FORM =
  'The fourth form is binary: the attributes are headers, and the body of any Content-Type is `data`:\n\n' +
  '```\n' +
  'curl -X POST …/operator/api/events -H "X-VX11-Token: $TOKEN" \\\n' +
  "  -H 'ce-specversion: 1.0' -H 'ce-id: order-9' -H 'ce-source: /shop/checkout' -H 'ce-type: shop.order.stuck' \\\n" +
  "  -H 'Content-Type: text/plain' -d 'Order 9 waits for its payment'\n" +
  '```';

export const NOTIFICATION = {
  'application/json': {
    schema: {
      type: 'object',
      required: ['version', 'alerts'],
      description: 'At most 8 MiB and 30,000 alerts. Fields that are not named here are ignored.',
      properties: {
        version: { enum: ['4', '1'], description: '4: Alertmanager; 1: Grafana' },
        alerts: {
          type: ['array', 'null'],
          items: {
            type: 'object',
            description:
              'Nothing in an alert makes it invalid; what does not fit is cut or replaced',
          },
        },
      },
    },
    examples: {
      firing: {
        summary: 'One alert that fires',
        value: {
          version: '4',
          receiver: 'vx11',
          status: 'firing',
          alerts: [
            {
              status: 'firing',
              labels: { alertname: 'DiskFull', severity: 'critical', service: 'madre' },
              annotations: { summary: 'The disk of madre is full' },
              startsAt: '2026-01-31T09:30:00Z',
              fingerprint: '5ef77f1f8a3ecf8d',
            },
          ],
        },
      },
    },
  },
};
