import { proxyRange, webAddress } from '../formats.js';
import { Flag, Int, List, Port, Text } from '../setting.js';

const MINUTE = 60;
const KIB = 1024;
const MIB = 1024 * KIB;

/** tentaculo-link, the gateway. */
export class GatewaySettings {
  @List(
    '',
    'operator-backend instances behind the gateway, as http://host:port. Empty: the one at VX11_BACKEND_PORT.',
    { format: webAddress },
  )
  VX11_BACKEND_URLS: string[];

  @Text(
    undefined,
    'DNS name with one address for each operator-backend instance, for example a headless Service. The gateway looks it up every second and spreads streams and requests over these addresses; the first of VX11_BACKEND_URLS, an address of the whole service, then serves the revocation feed and what reaches no known instance.',
    { example: 'http://operator-backend-pods:8011', format: webAddress },
  )
  VX11_BACKEND_DNS?: string;

  @List(
    '',
    'Keys by which operator-backend knows the gateway, of at least 32 characters. The gateway signs with the first, operator-backend believes any. Empty: in development one is made in VX11_DATA_DIR, else X-Forwarded-* needs VX11_TRUSTED_PROXIES.',
    { secret: true },
  )
  VX11_HOP_KEYS: string[];

  @List('', 'The same between the gateway and madre, switch and hermes.', { secret: true })
  VX11_NEIGHBOUR_HOP_KEYS: string[];

  @Flag(
    true,
    'Whether the gateway sends all streams of an instance over one connection (a trunk), which takes half of the processor time. 0 gives each its own: for a load balancer behind VX11_BACKEND_URLS, which would give all of them to one instance. Needs VX11_HOP_KEYS.',
  )
  VX11_GATEWAY_TRUNKS: boolean;

  @Flag(true, 'Whether the gateway serves /operator/; 0 answers 503 operator_disabled.')
  VX11_OPERATOR_PROXY_ENABLED: boolean;

  @Flag(false, "Whether the gateway serves operator-backend's API reference (/docs).")
  VX11_GATEWAY_PUBLIC_DOCS: boolean;

  @Flag(false, "Whether the gateway serves operator-backend's metrics (/metrics).")
  VX11_GATEWAY_PUBLIC_METRICS: boolean;

  @Port(8010, "Port of the gateway's own metrics.")
  VX11_GATEWAY_METRICS_PORT: number;

  @List(
    '',
    'Proxies in front of the gateway whose X-Forwarded-* is believed: addresses, CIDR ranges, or loopback, linklocal, uniquelocal. Empty: none.',
    { format: proxyRange },
  )
  VX11_GATEWAY_TRUSTED_PROXIES: string[];

  @Int(
    12_000,
    'Client connections that the gateway carries at once. Each stream needs one open file, or two without a trunk.',
    { min: 1, max: 1_000_000, unit: 'connections' },
  )
  VX11_GATEWAY_CONNECTIONS: number;

  @Int(
    1_000,
    'Connections that one address, IPv6 by /64, may have to the gateway; trusted proxies may have more. 0: no limit.',
    { min: 0, max: 1_000_000, unit: 'connections' },
  )
  VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: number;

  @Int(
    0,
    "Processes that share the gateway's port. 0: as many as the limit on open files requires.",
    {
      min: 0,
      max: 64,
      unit: 'processes',
    },
  )
  VX11_GATEWAY_WORKERS: number;

  @Int(
    60,
    'Seconds for which the gateway trusts the revocations that it last received, when it reaches no operator-backend. After that it refuses principals with 503 revocations_unknown.',
    { min: 1, max: 7 * 24 * 60 * MINUTE, unit: 's' },
  )
  VX11_GATEWAY_REVOCATIONS_GRACE_SECONDS: number;

  @Int(2 * MIB, 'Bytes of a request body that the gateway lets through.', {
    min: KIB,
    max: 1024 * MIB,
    unit: 'bytes',
  })
  VX11_GATEWAY_BODY_BYTES: number;

  @Int(10, 'Seconds in which the header of a request must have arrived at the gateway.', {
    min: 1,
    max: 3600,
    unit: 's',
  })
  VX11_GATEWAY_HEADER_SECONDS: number;

  @Int(30, 'Seconds in which a whole request must have arrived at the gateway.', {
    min: 1,
    max: 3600,
    unit: 's',
  })
  VX11_GATEWAY_REQUEST_SECONDS: number;

  @Int(
    30,
    'Seconds in which a service behind the gateway must have answered, and between two pieces of a response, which a slow client takes later; an open stream has no limit.',
    { min: 1, max: 3600, unit: 's' },
  )
  VX11_GATEWAY_UPSTREAM_SECONDS: number;

  @Int(
    5,
    'Seconds for which a request waits at the gateway while no instance of operator-backend is up. 0: it is refused at once.',
    { min: 0, max: 20, unit: 's' },
  )
  VX11_GATEWAY_WAIT_SECONDS: number;
}
