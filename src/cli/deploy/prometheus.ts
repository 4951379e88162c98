import { CommandError, EXIT } from '../errors.js';

const TIMEOUT_MS = 5_000;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/** Instant queries over Prometheus' HTTP API. */
export class PrometheusApi {
  /** @throws CommandError for what is no address */
  constructor(readonly url: string) {
    if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return;
    throw new CommandError(
      EXIT.usage,
      `--prometheus ${url} is not a URL of http or https.`,
      'Write it as http://prometheus.monitoring:9090.',
    );
  }

  /**
   * The first value of the result; `undefined` without one.
   * @throws CommandError when Prometheus does not answer
   */
  async value(query: string): Promise<number | undefined> {
    const { data, error, status } = await this.ask(query);
    if (status !== 'success') {
      throw status === 'error'
        ? new CommandError(EXIT.failed, `Prometheus refuses a query: ${error}.`, query)
        : new CommandError(EXIT.usage, `${this.url} is no Prometheus.`, 'Check --prometheus.');
    }
    const text = data?.result[0]?.value[1];
    return text === undefined || text === 'NaN' ? undefined : Number(text);
  }

  private async ask(query: string): Promise<Answer> {
    try {
      const answer = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(query)}`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return (await answer.json()) as Answer;
    } catch (error) {
      throw new CommandError(
        EXIT.unreachable,
        `Prometheus at ${this.url} does not answer: ${(error as Error).message}.`,
        'Check --prometheus. A deployment without figures would be blind.',
      );
    }
  }
}
