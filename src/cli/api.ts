import { CommandError, EXIT, noGateway } from './errors.js';
import { bodyOf } from './json-text.js';
import { printable } from './output.js';

const API = '/operator/api';
/** How long a request may take, milliseconds. */
const TIMEOUT_MS = 15_000;

interface ProblemDetails {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly correlation_id?: string;
  readonly errors?: ({ readonly field: string; readonly message: string } | null)[];
}

/** What no header can hold; `fetch` names the whole value when it refuses one. */
const NOT_IN_A_HEADER = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** The product's HTTP interface as one principal uses it. */
export class Api {
  constructor(
    readonly url: string,
    private readonly token: string | undefined,
  ) {}

  /** @throws CommandError when there is none, or one that cannot be sent, with what to do */
  get principalToken(): string {
    if (this.token === undefined) {
      throw new CommandError(
        EXIT.usage,
        'No principal token is configured.',
        'Set VX11_TOKEN, or VX11_TOKEN_FILE to a file that holds the token.',
      );
    }
    if (NOT_IN_A_HEADER.test(this.token)) {
      throw new CommandError(
        EXIT.usage,
        'The principal token holds a character that cannot be sent, such as a line break.',
        'Correct VX11_TOKEN, or the file that VX11_TOKEN_FILE names.',
      );
    }
    return this.token;
  }

  /** GET under /operator/api. */
  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  /** GET under /operator/api, for an answer that is not JSON. */
  async text(path: string): Promise<string> {
    return this.answered('GET', path);
  }

  /** POST under /operator/api; the body is sent as JSON. */
  post<T>(path: string, body?: object): Promise<T> {
    return this.call<T>('POST', path, body);
  }

  /** PATCH under /operator/api. */
  patch<T>(path: string, body: object): Promise<T> {
    return this.call<T>('PATCH', path, body);
  }

  /** DELETE under /operator/api. */
  delete(path: string): Promise<void> {
    return this.call('DELETE', path);
  }

  /** A request without a credential, for what is public. */
  async open(path: string, init: RequestInit = {}): Promise<Response> {
    return this.fetch(path, init);
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const text = await this.answered(method, path, body);
    try {
      return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch {
      throw noGateway('it is not JSON');
    }
  }

  private async answered(method: string, path: string, body?: object): Promise<string> {
    const headers: Record<string, string> = { 'X-VX11-Token': this.principalToken };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const answer = await this.fetch(API + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: bodyOf(body) }),
    });
    const text = await this.reached(answer.text());
    if (answer.ok) return text;
    throw refusal(answer.status, text);
  }

  /**
   * The answer of the gateway. A redirect is not followed: the principal token must only reach
   * the configured address, and a POST would become a GET.
   */
  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const options: RequestInit = { signal, redirect: 'manual', ...init };
    const answer = await this.reached(fetch(this.url + path, options));
    const { headers, ok, status } = answer;
    if (status >= 300 && status < 400) {
      throw noGateway(`it redirects to ${originOf(headers.get('location'), this.url)}`);
    }
    // Every response of the product has it. Other servers answer 200 to anything.
    if (ok && !headers.has('x-correlation-id')) throw noGateway('it has no X-Correlation-Id');
    return answer;
  }

  private async reached<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const { cause, name } = error as Error & { cause?: { code?: string } };
      const why = name === 'TimeoutError' ? `no answer in ${TIMEOUT_MS / 1000} s` : cause?.code;
      throw new CommandError(
        EXIT.unreachable,
        `${this.url} cannot be reached: ${why ?? String(error)}.`,
        'Check that the gateway runs there, or set --url or VX11_URL to its address.',
      );
    }
  }
}

function originOf(location: string | null, base: string): string {
  return URL.parse(location ?? '', base)?.origin ?? 'elsewhere';
}

const EXIT_OF_STATUS: Readonly<Record<number, number>> = {
  400: EXIT.usage,
  401: EXIT.refused,
  403: EXIT.refused,
};

export function refusal(status: number, text: string): CommandError {
  let problem: ProblemDetails = {};
  try {
    problem = Object(JSON.parse(text)) as ProblemDetails;
  } catch {
    // A proxy in front of the gateway sends no problem details, so only the status is known.
    problem = { title: `HTTP ${status}` };
  }
  const code = problem.code ? ` (${problem.code})` : '';
  const id = problem.correlation_id ? ` Correlation id: ${problem.correlation_id}.` : '';
  const errors = Array.isArray(problem.errors) ? problem.errors : [];
  const fields = errors.map((error) => `${error?.field}: ${error?.message}`);
  return new CommandError(
    EXIT_OF_STATUS[status] ?? EXIT.failed,
    printable(`${problem.title ?? `HTTP ${status}`}${code}.`),
    [`${problem.detail ?? ''}${id}`.trim(), ...fields].map(printable).join('\n'),
  );
}
