/**
 * Variables that hold a credential, by what they give access to. test/scripts/secrets.test.mjs
 * compares them with the settings that docs/reference/configuration.md calls secret.
 */
export const SECRETS = {
  principals: ['VX11_OPERATOR_TOKEN', 'VX11_GATEWAY_TOKEN', 'VX11_TENTACULO_LINK_TOKEN'],
  neighbour: ['VX11_NEIGHBOUR_TOKEN'],
  hop: ['VX11_HOP_KEYS'],
  neighbourHop: ['VX11_NEIGHBOUR_HOP_KEYS'],
  tokenKeys: ['VX11_TOKEN_KEYS', 'VX11_AUDIT_KEY'],
  tracing: ['OTEL_EXPORTER_OTLP_HEADERS'],
  redis: [
    'VX11_REDIS_URL',
    'VX11_REDIS_USERNAME',
    'VX11_REDIS_PASSWORD',
    'VX11_REDIS_SENTINEL_PASSWORD',
  ],
  /** The caller's own token, for the command line; no process of the system needs it. */
  commandLine: ['VX11_TOKEN'],
};

/**
 * The environment of a process without the secrets that it does not need, so that reading
 * the memory or the environment of one process yields the secrets of that process only.
 * @param {Record<string, string | undefined>} env
 * @param {{ secrets?: (keyof typeof SECRETS)[] }} row names the secrets that it needs
 */
export function withoutSecrets(env, { secrets = [] }) {
  const withheld = Object.entries(SECRETS)
    .filter(([kind]) => !secrets.includes(kind))
    .flatMap(([, names]) => names);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !withheld.includes(name)));
}
