import { startBackend, type TestBackend } from './backend.js';
import type { Caller } from './caller.js';
import { startGateway, type TestGateway } from './gateway.js';
import { TcpProxy } from './tcp-proxy.js';

type Env = Readonly<Record<string, string>>;

/**
 * A backend for the tests of the describe block that calls this: started before the
 * first test, closed after the last. Usable in tests and in the hooks that follow.
 */
export function withBackend(env: Env = {}): { backend: TestBackend; caller: Caller } {
  let running: TestBackend | undefined;
  beforeAll(async () => {
    running = closable(await startBackend(env));
  });
  afterAll(() => running?.close());
  const backend = standIn('backend', () => running);
  return { backend, caller: standIn('caller', () => running?.caller) };
}

/**
 * For each test a gateway with a backend behind it, and a TCP way between the two.
 * @param env of the gateway
 */
export function withGateway(env: Env = {}): {
  backend: TestBackend;
  way: TcpProxy;
  gateway: TestGateway;
  /** Through the gateway. */
  caller: Caller;
} {
  let backend: TestBackend | undefined;
  let way: TcpProxy | undefined;
  let gateway: TestGateway | undefined;
  beforeEach(async () => {
    backend = closable(await startBackend());
    way = closable(await TcpProxy.to(backend.url));
    gateway = closable(
      await startGateway({
        VX11_OPERATOR_TOKEN: backend.token,
        VX11_BACKEND_URLS: way.url,
        ...env,
      }),
    );
  });
  afterEach(async () => {
    await gateway?.close();
    await way?.close();
    await backend?.close();
  });
  return {
    backend: standIn('backend', () => backend),
    way: standIn('way', () => way),
    gateway: standIn('gateway', () => gateway),
    caller: standIn('caller', () => gateway?.caller),
  };
}

/** A test may close it as well: it is closed once. */
function closable<T extends { close(): Promise<void> }>(target: T): T {
  const close = target.close.bind(target);
  let closing: Promise<void> | undefined;
  target.close = () => (closing ??= close());
  return target;
}

/** Has the members of what is there when they are used: a describe block runs before its hooks. */
function standIn<T extends object>(name: string, present: () => T | undefined): T {
  return new Proxy({} as T, {
    get(_, key) {
      const target = present();
      if (!target) throw new Error(`The ${name} exists in tests and hooks only.`);
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
