import { Caller } from './caller.js';
import { ask, type Answer, type Ask } from './http.js';
import { remember } from './secrets.js';

const PATH = '/operator/api/session';

/** A browser that keeps the cookie of a session, and sends what browsers send. */
export class Browser {
  /** `name=value`; absent: it has none. */
  cookie: string | undefined;
  /** The attributes of the last Set-Cookie. */
  attributes: readonly string[] = [];
  accessToken = '';

  constructor(
    readonly url: string,
    readonly headers: Readonly<Record<string, string>> = { 'sec-fetch-site': 'same-origin' },
  ) {}

  async signIn(token: string, headers: Ask['headers'] = {}): Promise<Answer> {
    return this.take(await this.send('POST', '', { authorization: `Bearer ${token}`, ...headers }));
  }

  async refresh(headers: Ask['headers'] = {}): Promise<Answer> {
    return this.take(await this.send('POST', '/refresh', headers));
  }

  async signOut(headers: Ask['headers'] = {}): Promise<Answer> {
    return this.take(await this.send('DELETE', '', headers));
  }

  /** What it may do with its access token. */
  get caller(): Caller {
    return new Caller(this.url, this.accessToken, 'browser');
  }

  /** A thief's copy of all that it has. */
  copy(): Browser {
    const copy = new Browser(this.url, this.headers);
    Object.assign(copy, { cookie: this.cookie, accessToken: this.accessToken });
    return copy;
  }

  private send(method: string, path: string, headers: Ask['headers']): Promise<Answer> {
    const cookie = this.cookie === undefined ? {} : { cookie: this.cookie };
    return ask(this.url, PATH + path, {
      method,
      issuing: true,
      headers: { ...this.headers, ...cookie, ...headers },
    });
  }

  private take(answer: Answer): Answer {
    const [set] = answer.headers['set-cookie'] ?? [];
    if (set !== undefined) {
      const [pair = '', ...attributes] = set.split('; ');
      const value = pair.slice(pair.indexOf('=') + 1);
      this.cookie = value === '' ? undefined : pair;
      this.attributes = attributes;
      if (value !== '') remember(value, 'refresh');
    }
    const { access_token: token } = (answer.json ?? {}) as { access_token?: string };
    if (token !== undefined) this.accessToken = remember(token, 'session');
    return answer;
  }
}
