import { lookup } from 'node:dns/promises';
import type { Logger } from '../kernel/logger.js';

/** Milliseconds between two lookups; CoreDNS lets its own answers live for longer. */
const LOOKUP_MS = 1_000;
/** How long a start waits for the first lookup, milliseconds. */
const FIRST_MS = 2_000;

/** All addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly string[]>;

const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * The instances behind one DNS name, as a Kubernetes headless Service has an address for
 * each ready pod. A load balancer's single address would hide them: then one dead instance
 * looks like the whole service, and streams are not spread by how many each one carries.
 */
export class BackendDiscovery {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private failing = false;

  /**
   * @param url `http://name:port`
   * @param found gets the URL of each address, sorted, after every successful lookup
   */
  constructor(
    private readonly url: string,
    private readonly found: (urls: readonly string[]) => void,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
    private readonly lookup: Lookup = systemLookup,
  ) {}

  /** Resolves after the first lookup, or after two seconds without one. */
  async start(): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      late = setTimeout(resolve, FIRST_MS);
    });
    await Promise.race([this.look(), patience]);
    clearTimeout(late);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    const { hostname } = new URL(this.url);
    try {
      const addresses = await this.lookup(hostname);
      if (this.stopped) return;
      this.found([...new Set(addresses)].map((address) => this.at(address)).toSorted());
      if (this.failing)
        this.logger.info({ host: hostname }, 'the instances can be looked up again');
      this.failing = false;
    } catch (err) {
      // The last known instances stay: probes know which of them work.
      if (!this.failing) {
        this.logger.warn({ host: hostname, err }, 'the instances cannot be looked up');
      }
      this.failing = true;
    }
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.look(), LOOKUP_MS);
    this.timer.unref();
  }

  private at(address: string): string {
    const url = new URL(this.url);
    url.hostname = address.includes(':') ? `[${address}]` : address;
    return url.origin;
  }
}
