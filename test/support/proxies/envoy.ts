import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Child } from '../process/child.ts';
import type { Certificate } from './certificate.js';
import type { Site, Upstreams } from './site.js';

interface EnvoySite extends Site {
  readonly alpn?: readonly string[];
  /** Of the route; Envoy's own default is 15s for a whole response. */
  readonly timeout?: string;
  readonly manager?: object;
  readonly filters?: readonly object[];
}

const type = (name: string) => `type.googleapis.com/envoy.extensions.${name}`;

export const ENVOY_SITES: readonly EnvoySite[] = [
  { name: 'Envoy, right', mistakes: [] },
  {
    name: 'Envoy with a limit on the whole response',
    mistakes: ['idle-timeout'],
    timeout: '4s',
  },
  {
    name: 'Envoy that ends what is silent for four seconds',
    mistakes: ['idle-timeout'],
    manager: { stream_idle_timeout: '4s' },
  },
  { name: 'Envoy without HTTP/2', mistakes: ['http2'], alpn: ['http/1.1'] },
  {
    name: 'Envoy that allows four requests on a connection',
    mistakes: ['http2'],
    manager: { http2_protocol_options: { max_concurrent_streams: 4 } },
  },
  { name: 'Envoy without TLS', mistakes: ['tls'], plain: true },
  {
    name: 'Envoy that believes the X-Forwarded-For of the client',
    mistakes: ['trusted-proxies'],
    manager: { use_remote_address: false },
  },
];

const upstreamNames: readonly (keyof Upstreams)[] = ['right', 'distrusting', 'fallback', 'backend'];

/** Envoy with one listener for each site, in one process. @param ports one for each site */
export async function startEnvoy(
  command: string,
  directory: string,
  ports: readonly number[],
  upstreams: Upstreams,
  { certFile, keyFile }: Certificate,
): Promise<Child> {
  const file = join(directory, 'envoy.yaml');
  const address = (host: string, port: number) => ({
    socket_address: { address: host, port_value: port },
  });
  const listeners = ENVOY_SITES.map((site, index) => ({
    name: `site${index}`,
    address: address('127.0.0.1', ports[index] ?? 0),
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'),
              stat_prefix: `site${index}`,
              use_remote_address: true,
              stream_idle_timeout: '3600s',
              route_config: {
                virtual_hosts: [
                  {
                    name: 'all',
                    domains: ['*'],
                    routes: [
                      {
                        match: { prefix: '/' },
                        route: {
                          cluster: site.upstream ?? 'right',
                          timeout: site.timeout ?? '0s',
                        },
                      },
                    ],
                  },
                ],
              },
              http_filters: [
                ...(site.filters ?? []),
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': type('filters.http.router.v3.Router') },
                },
              ],
              ...site.manager,
            },
          },
        ],
        ...(site.plain
          ? {}
          : {
              transport_socket: {
                name: 'envoy.transport_sockets.tls',
                typed_config: {
                  '@type': type('transport_sockets.tls.v3.DownstreamTlsContext'),
                  common_tls_context: {
                    alpn_protocols: site.alpn ?? ['h2', 'http/1.1'],
                    tls_certificates: [
                      {
                        certificate_chain: { filename: certFile },
                        private_key: { filename: keyFile },
                      },
                    ],
                  },
                },
              },
            }),
      },
    ],
  }));
  const clusters = upstreamNames.map((name) => {
    const { hostname, port } = new URL(upstreams[name]);
    return {
      name,
      connect_timeout: '5s',
      load_assignment: {
        cluster_name: name,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: address(hostname, Number(port)) } }] }],
      },
    };
  });
  writeFileSync(file, stringify({ static_resources: { listeners, clusters } }));
  return new Child({
    name: 'envoy',
    command,
    args: ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'warn'],
  });
}
