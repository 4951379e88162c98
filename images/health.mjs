// HEALTHCHECK of the image: asks the process that PID 1 runs whether it works.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';

const command = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
const named = (word) => command.some((part) => part.endsWith(word));
const [variable, fallback] = named('tentaculo-link.js')
  ? ['VX11_GATEWAY_PORT', 8000]
  : named('operator-frontend.js')
    ? ['VX11_FRONTEND_PORT', 8002]
    : named('neighbour.js')
      ? neighbour(command.at(-2))
      : ['VX11_BACKEND_PORT', 8011];

function neighbour(name) {
  const port = { madre: 8001, switch: 8003, hermes: 8004 }[name];
  return [`VX11_${String(name).toUpperCase()}_PORT`, port];
}

get({ host: 'localhost', port: process.env[variable] ?? fallback, path: '/readyz' }, (res) => {
  process.exit(res.statusCode === 200 ? 0 : 1);
}).on('error', () => process.exit(1));
