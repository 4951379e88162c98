/** Variables that hold a credential, by what they give access to. */
const SECRETS = {
  principals: ['VX11_OPERATOR_TOKEN', 'VX11_GATEWAY_TOKEN', 'VX11_TENTACULO_LINK_TOKEN'],
  neighbour: ['VX11_NEIGHBOUR_TOKEN'],
  redis: [
    'VX11_REDIS_URL',
    'VX11_REDIS_USERNAME',
    'VX11_REDIS_PASSWORD',
    'VX11_REDIS_SENTINEL_PASSWORD',
  ],
};

/**
 * The environment of a process without the secrets that it does not need: what reads the
 * memory or the environment of one process gets only that one's.
 * @param {Record<string, string | undefined>} env
 * @param {{ secrets?: (keyof typeof SECRETS)[] }} row names the secrets that it needs
 */
export function withoutSecrets(env, { secrets = [] }) {
  const withheld = Object.entries(SECRETS)
    .filter(([kind]) => !secrets.includes(kind))
    .flatMap(([, names]) => names);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !withheld.includes(name)));
}
