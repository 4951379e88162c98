import { RequestMethod, type DynamicModule, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ACCESS, type Access } from '../auth/access.js';
import { AuditKey } from '../audit/audit-key.js';
import { SCOPES } from '../auth/principal.js';
import { loadConfig } from '../config/config.js';
import { createLogger } from '../kernel/logger.js';
import { Keyring } from '../token-cache/keyring.js';
import { OperatorBackendModule } from './operator-backend.module.js';
import { VERSION } from './version.js';

/** A route of an application, and how its decorator says that it is entered. */
export interface Route {
  /** As `GET /operator/api/events`. */
  readonly route: string;
  /** Absent: the route says nothing, and the guard refuses it. */
  readonly access: Access | undefined;
}

/** What a caller may present, and nothing else with it. */
export const CREDENTIALS = [
  'none',
  'wrong token',
  'no scope',
  ...SCOPES,
  'ephemeral, `?token=`',
  'ephemeral, header',
  'revoked',
  'bounded admin',
  'gateway',
] as const;
export type Credential = (typeof CREDENTIALS)[number];

/** The cells of the table. */
export const VERDICTS = {
  yes: 'admitted',
  filter: 'admitted to what lies inside its filter; for anything else 404 `not_found`',
  missing: '401 `auth_required`',
  cookie: '401 `auth_required` without the cookie of a session, from a page of the same origin',
  token: '403 `invalid_token`',
  scope: '403 `insufficient_scope`',
} as const;
export type Verdict = keyof typeof VERDICTS;

/** The routes of operator-backend. Nothing is started for it. */
export function backendRoutes(): Route[] {
  const config = loadConfig({ NODE_ENV: 'test' });
  const logger = createLogger({ service: 'authorization', level: 'silent', pretty: false });
  return routesOf(
    OperatorBackendModule.with({
      config,
      logger,
      credentials: [],
      keyring: Keyring.random(),
      auditKey: new AuditKey('of nothing'),
      version: VERSION,
    }),
  );
}

/** Every route of a module and of what it imports, by the decorators of the controllers. */
function routesOf(module: DynamicModule): Route[] {
  const routes = [...controllersOf(module, new Set())].flatMap((controller) =>
    handlers(controller),
  );
  return routes.toSorted((one, other) => (address(one) < address(other) ? -1 : 1));
}

/** What a route answers to a credential. */
export function verdictOf(access: Access | undefined, credential: Credential): Verdict {
  if (access?.kind === 'public') return 'yes';
  // No column presents the cookie of a session.
  if (access?.kind === 'cookie') return 'cookie';
  if (access?.kind === 'gateway') return credential === 'gateway' ? 'yes' : 'missing';
  const isStream = access?.kind === 'stream';
  const needed = isStream ? 'events:read' : access?.scope;
  const isAnyPrincipal = access?.kind === 'principal' && needed === undefined;
  switch (credential) {
    case 'none':
    case 'gateway':
      return 'missing';
    case 'wrong token':
    case 'revoked':
      return 'token';
    case 'ephemeral, `?token=`':
      return isStream ? 'yes' : 'missing';
    case 'ephemeral, header':
      return isStream ? 'yes' : 'token';
    case 'bounded admin':
      return needed === 'streams:admin' ? 'filter' : isAnyPrincipal ? 'yes' : 'scope';
    default:
      return credential === needed || isAnyPrincipal ? 'yes' : 'scope';
  }
}

/** The table of docs/reference/authorization.md, in Markdown. */
export function authorizationTable(routes: readonly Route[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const scopes: readonly string[] = SCOPES;
  const titles = CREDENTIALS.map((name) => (scopes.includes(name) ? `\`${name}\`` : name));
  return [
    row(['route', ...titles]),
    `|${'---|'.repeat(CREDENTIALS.length + 1)}`,
    ...routes.map(({ route, access }) =>
      row([`\`${route}\``, ...CREDENTIALS.map((name) => verdictOf(access, name))]),
    ),
    '',
    ...Object.entries(VERDICTS).map(([verdict, meaning]) => `- ${verdict}: ${meaning}`),
  ].join('\n');
}

const address = ({ route }: Route) => route.split(' ').toReversed().join(' ');

type Part = Type | DynamicModule;

/** A module's parts stand in its decorator, and in what its factory returned. */
function partsOf(part: Part, key: string): readonly Part[] {
  const isDynamic = 'module' in part;
  const type = isDynamic ? part.module : part;
  const declared = (Reflect.getMetadata(key, type) ?? []) as readonly Part[];
  const given = isDynamic ? ((part[key as keyof DynamicModule] ?? []) as readonly Part[]) : [];
  return [...declared, ...given];
}

function controllersOf(part: Part, seen: Set<Part>): Set<Type> {
  if (seen.has(part)) return new Set();
  seen.add(part);
  const found = new Set(partsOf(part, MODULE_METADATA.CONTROLLERS) as readonly Type[]);
  for (const imported of partsOf(part, MODULE_METADATA.IMPORTS)) {
    for (const controller of controllersOf(imported, seen)) found.add(controller);
  }
  return found;
}

function handlers(controller: Type): Route[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    if (typeof handler !== 'function') return [];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const path = [controller, handler]
      .flatMap((target) => String(Reflect.getMetadata(PATH_METADATA, target)).split('/'))
      .filter((segment) => segment !== '')
      .join('/');
    const access = (Reflect.getMetadata(ACCESS, handler) ??
      Reflect.getMetadata(ACCESS, controller)) as Access | undefined;
    return [{ route: `${RequestMethod[method]} /${path}`, access }];
  });
}
