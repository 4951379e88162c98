// Makes helm/vx11-operator/values.schema.json from values.yaml and files/thresholds.json: kinds
// from the defaults, unknown names refused, and what the defaults cannot say from the tables below.
import { FAST_SECONDS, REQUEST_SECONDS } from '../../src/metrics/names.ts';

/** What Kubernetes takes as a name; empty: none. */
const NAME = {
  type: 'string',
  maxLength: 253,
  pattern: '^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$',
};
/** What a registry takes as a tag, so no `+`, which a version may have; empty: the default. */
const TAG = { type: 'string', pattern: '^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$' };
const PORT = { type: 'integer', minimum: 1, maximum: 65535 };
const IMAGE = { type: 'string', pattern: '^[^ \\t\\n]+$' };
const DIGEST = { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' };
/** A size of a volume; empty: none. */
const SIZE = { type: 'string', pattern: '^([0-9]+([.][0-9]+)?(k|[MGTPE]|[KMGTPE]i|e[0-9]+)?)?$' };
const HOST = '([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])*[a-z0-9]([a-z0-9-]*[a-z0-9])?';
const URL = { type: 'string', pattern: '^(https?://[^ \\t\\n]+)?$' };
/** As VX11_REDIS_SENTINELS and VX11_REDIS_CLUSTER take them. */
const HOST_PORTS = {
  type: 'array',
  items: {
    type: 'string',
    pattern: '^([^ \\t\\n:/@,\\[\\]]+|\\[[0-9a-fA-F:.]+\\]):[1-9][0-9]{0,4}$',
  },
};
const count = (minimum, maximum) => ({ type: 'integer', minimum, maximum });

/** Paths whose content is the user's: any names, or items of a kind. */
const OPEN = {
  'image.pullSecrets': { type: 'array', uniqueItems: true, items: { ...NAME, minLength: 1 } },
  'image.repository': IMAGE,
  'frontend.image.repository': IMAGE,
  'redis.embedded.image': IMAGE,
  'redis.embedded.storage': SIZE,
  'backend.storage': SIZE,
  'redis.sentinels': HOST_PORTS,
  'redis.cluster': HOST_PORTS,
  'redis.prefix': { type: 'string', pattern: '^[A-Za-z0-9._:-]{1,64}$' },
  'redis.replicas': count(0, 10),
  'redis.embedded.command': { type: 'array', items: { type: 'string' } },
  'neighbours.enabled': {
    type: 'array',
    uniqueItems: true,
    items: { enum: ['madre', 'switch', 'hermes'] },
  },
  'gateway.trustedProxies': {
    type: 'array',
    items: {
      type: 'string',
      pattern:
        '^((([0-9]{1,3}[.]){3}[0-9]{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)(/[0-9]{1,3})?|loopback|linklocal|uniquelocal)$',
    },
  },
  'gatewayApi.parentRefs': { type: 'array', items: { type: 'object', required: ['name'] } },
  'gatewayApi.hostnames': {
    type: 'array',
    items: { type: 'string', maxLength: 253, pattern: `^([*][.])?${HOST}$` },
  },
  'ingress.host': { type: 'string', maxLength: 253, pattern: `^(([*][.])?${HOST})?$` },
  'ingress.className': NAME,
  'networkPolicy.ingressFrom': { type: 'array', items: { type: 'object' } },
  'networkPolicy.egressTo': { type: 'array', items: { type: 'object' } },
  'networkPolicy.metricsFrom': { type: 'array', items: { type: 'object' } },
  'networkPolicy.redisTo': { type: 'array', items: { type: 'object' } },
  'rollouts.steps': { type: 'array', minItems: 1, items: count(1, 100) },
  'rollouts.prometheusUrl': URL,
  'autoscaling.prometheusUrl': URL,
  'monitoring.serviceMonitor.interval': { type: 'string', pattern: '^[1-9][0-9]*(ms|s|m|h|d)$' },
  'image.pullPolicy': { enum: ['IfNotPresent', 'Always', 'Never'] },
  'image.tag': TAG,
  'backend.tag': TAG,
  'gateway.tag': TAG,
  'frontend.tag': TAG,
  'neighbours.tag': TAG,
  'image.digest': DIGEST,
  'frontend.image.digest': DIGEST,
  'gateway.service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  'autoscaling.kind': { enum: ['none', 'keda', 'hpa'] },
  logLevel: { enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] },
  'drain.seconds': count(1, 3600),
  'drain.preStopSeconds': count(0, 3600),
  'drain.marginSeconds': count(0, 3600),
  // The value of a label.
  nameOverride: {
    type: 'string',
    maxLength: 63,
    pattern: '^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$',
  },
  'secrets.existingSecret': NAME,
  'secrets.principalsSecret': NAME,
  'redis.existingSecret': NAME,
  'redis.caSecret': NAME,
  'ingress.tlsSecret': NAME,
  'smokeTest.tokenSecret': NAME,
  'gateway.service.port': PORT,
  'networkPolicy.redisPort': PORT,
  'autoscaling.minReplicas': count(1, 10_000),
  'autoscaling.maxReplicas': count(1, 10_000),
  'autoscaling.tokensPerSecondPerPod': { type: 'integer', minimum: 1 },
  'autoscaling.streamsPerPod': { type: 'integer', minimum: 1 },
  'autoscaling.scaleDownStabilizationSeconds': count(0, 3600),
  'autoscaling.scaleDownPeriodSeconds': count(1, 1800),
  'secrets.revision': { type: ['string', 'integer', 'number'] },
};
/** Objects with names of the user's choice. */
const FREE = /(^|\.)(affinity|resources)$/;
/** The same, with texts only: Kubernetes takes no number and no boolean there. */
const TEXTS = /(^|\.)(podAnnotations|nodeSelector|labels|annotations)$/;
/** Labels that the chart gives each pod. */
const OWN_LABELS = [
  'helm.sh/chart',
  ...['name', 'instance', 'version', 'managed-by', 'part-of'].map(
    (label) => `app.kubernetes.io/${label}`,
  ),
];
const ENV = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: { type: ['string', 'integer', 'number', 'boolean'] },
};
const LISTS = /(^|\.)tolerations$/;
/** Some objects may be given as a number or a share. */
const COUNT_OR_SHARE = /maxUnavailable$/;

/** A service level is judged by a bucket of its histogram: there is none between two bounds. */
const BOUNDS = { issuing: FAST_SECONDS, opening: REQUEST_SECONDS };
/** A number; `helm --set` makes a text of one with a fraction. */
const numbers = (limits, pattern) => ({
  anyOf: [
    { type: 'number', minimum: 0, ...limits },
    { type: 'string', pattern },
  ],
});
const SHARE = /^(share|success|objective|after\d+h)$/;

/** One wrong word in a rule, and Prometheus loads none of the file. */
function thresholdSchema(group, name, value) {
  if (name === 'sloSeconds') return { enum: BOUNDS[group].flatMap((one) => [one, String(one)]) };
  if (SHARE.test(name)) return numbers({ maximum: 1 }, '^(0([.][0-9]+)?|1([.]0+)?)$');
  if (typeof value === 'number') return numbers({}, '^[0-9]+([.][0-9]+)?$');
  if (!/^\d+[smhd]$/.test(value)) return { type: 'string' };
  const first = /for$/i.test(name) ? '[0-9]' : '[1-9]';
  return { type: 'string', pattern: `^${first}[0-9]*(ms|s|m|h|d)$` };
}

const objectOf = (names, schema) => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(names).map(([name, value]) => [name, schema(name, value)]),
  ),
});

/**
 * @param {unknown} values the parsed values.yaml
 * @param {Record<string, Record<string, number | string>>} thresholds the parsed thresholds.json
 * @returns {object} JSON schema, draft 7
 */
export function valuesSchema(values, thresholds) {
  OPEN['monitoring.thresholds'] = objectOf(thresholds, (group, names) =>
    objectOf(names, (name, value) => thresholdSchema(group, name, value)),
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of vx11-operator. Generated by `npm run chart:generate`: do not edit.',
    ...schemaOf(values, ''),
  };
}

function schemaOf(value, path) {
  if (OPEN[path]) return OPEN[path];
  if (FREE.test(path)) return { type: 'object' };
  if (TEXTS.test(path)) return { type: 'object', additionalProperties: { type: 'string' } };
  if (path.endsWith('.env')) return ENV;
  if (path.endsWith('.podLabels')) {
    return {
      type: 'object',
      propertyNames: { not: { enum: OWN_LABELS } },
      additionalProperties: { type: 'string' },
    };
  }
  if (LISTS.test(path)) return { type: 'array', items: { type: 'object' } };
  if (COUNT_OR_SHARE.test(path)) {
    return {
      anyOf: [count(0, 10_000), { type: 'string', pattern: '^([0-9]{1,2}|100)%$' }],
    };
  }
  if (path.endsWith('.replicas')) return count(0, 10_000);
  switch (typeof value) {
    case 'string':
      return { type: 'string' };
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: 'integer', minimum: 0 };
    default:
      return {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries([
          ...Object.entries(value).map(([name, inner]) => [
            name,
            schemaOf(inner, path === '' ? name : `${path}.${name}`),
          ]),
          ...(path === '' ? [['global', { type: 'object' }]] : []),
        ]),
      };
  }
}
