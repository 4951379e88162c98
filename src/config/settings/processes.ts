import { canonicalPath, listenAddress, proxyRange, publicPath } from '../formats.js';
import { List, OneOf, Port, Text } from '../setting.js';

/** The processes: where they listen, what they log, where they keep files. */
export class ProcessSettings {
  @OneOf(
    ['development', 'production', 'test'],
    'development',
    'In production a start without a configured principal is refused.',
  )
  NODE_ENV: 'development' | 'production' | 'test';

  @Text('127.0.0.1', 'Listen address of every process.', { format: listenAddress })
  VX11_HOST: string;

  @Port(8000, 'Port of the gateway, tentaculo-link.')
  VX11_GATEWAY_PORT: number;

  @Port(8001, 'Port of the neighbour service madre.')
  VX11_MADRE_PORT: number;

  @Port(8002, 'Port of the panel, operator-frontend.')
  VX11_FRONTEND_PORT: number;

  @Port(8003, 'Port of the neighbour service switch.')
  VX11_SWITCH_PORT: number;

  @Port(8004, 'Port of the neighbour service hermes.')
  VX11_HERMES_PORT: number;

  @Port(8011, 'Port of operator-backend.')
  VX11_BACKEND_PORT: number;

  @Text('.data', 'Directory of the embedded event log and of the development token.')
  VX11_DATA_DIR: string;

  @OneOf(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    'info',
    'Least severe log line that is written. debug adds one line for each request.',
  )
  VX11_LOG_LEVEL: string;

  @OneOf(
    ['auto', 'json', 'pretty'],
    'auto',
    'How log lines are written; auto: pretty on a terminal, else JSON.',
  )
  VX11_LOG_FORMAT: 'auto' | 'json' | 'pretty';

  @Text(
    '',
    'Path below which a proxy in front of the gateway serves the product, as /vx11 for https://host/vx11/operator/ui/. The gateway takes requests with and without it; redirects and the API description contain it. Empty: the root.',
    { format: publicPath, canonical: canonicalPath },
  )
  VX11_PUBLIC_PATH: string;

  @List(
    '',
    'Proxies whose X-Forwarded-* a service believes without the signature of VX11_HOP_KEYS: addresses, CIDR ranges, or loopback, linklocal, uniquelocal. Empty: none.',
    { format: proxyRange },
  )
  VX11_TRUSTED_PROXIES: string[];
}
