import { readFileSync } from 'node:fs';
import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import {
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  validateSync,
} from 'class-validator';
import { ConfigError, type Config } from '../config/config.js';
import type { FilterSpec } from '../kernel/filter-spec.js';
import { sha256 } from '../kernel/ids.js';
import { inheritedKey, isNestedDeeper } from '../kernel/nesting.js';
import { registerCredentialHash, registerSecret } from '../kernel/redaction.js';
import { HOW_TO_MAKE_A_TOKEN, weaknessOf } from '../kernel/token-strength.js';
import { developmentToken } from './development-token.js';
import { IsFilter } from './filter-body.js';
import { neighbourCredentials } from './neighbour-principals.js';
import {
  NEIGHBOURS,
  NOT_A_PRINCIPAL_ID,
  PRINCIPAL_ID,
  SCOPES,
  type OpaqueCredential,
  type Scope,
} from './principal.js';

/** One row of VX11_PRINCIPALS_FILE. */
class PrincipalRow {
  @Matches(PRINCIPAL_ID, { message: NOT_A_PRINCIPAL_ID })
  id: string;

  @Matches(/^[0-9a-f]{64}$/i, { message: 'tokenSha256 must be the SHA-256 of the token in hex' })
  tokenSha256: string;

  @IsArray()
  @IsIn(SCOPES, { each: true, message: `scopes may hold ${SCOPES.join(', ')}` })
  scopes: Scope[];

  @IsFilter()
  filter?: FilterSpec;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  rateLimit?: number;

  @IsOptional()
  @IsString()
  comment?: string;
}

export interface LoadedPrincipals {
  readonly credentials: readonly OpaqueCredential[];
  /** This start has just made this file, because no principal was configured. */
  readonly createdTokenFile?: string;
}

const SINGLE_TOKENS = [
  ['VX11_OPERATOR_TOKEN', 'operator'],
  ['VX11_GATEWAY_TOKEN', 'gateway'],
  ['VX11_TENTACULO_LINK_TOKEN', 'tentaculo-link'],
] as const;

/**
 * Every opaque principal that the configuration names; in development, when it
 * names none, one whose random token is kept in `<data dir>/dev-token`. And the
 * neighbours' own, which may only publish.
 * @throws ConfigError with every fault of the principals file, or in production
 *   when there is no principal at all
 */
export function loadPrincipals(config: Config): LoadedPrincipals {
  const { credentials, ...made } = people(config);
  return { ...made, credentials: [...credentials, ...neighbourCredentials(config)] };
}

function people(config: Config): LoadedPrincipals {
  const credentials = [...fromFile(config.VX11_PRINCIPALS_FILE), ...fromVariables(config)];
  if (credentials.length > 0) return { credentials };
  if (config.NODE_ENV === 'production') {
    throw new ConfigError([
      'no principal is configured: set VX11_PRINCIPALS_FILE or VX11_OPERATOR_TOKEN (in production none is made up)',
    ]);
  }
  return developmentPrincipal(config.VX11_DATA_DIR);
}

function fromVariables(config: Config): OpaqueCredential[] {
  return SINGLE_TOKENS.flatMap(([variable, id]) => {
    const token = config[variable];
    if (token === undefined) return [];
    if (token.length < 16) {
      throw new ConfigError([`${variable} must have at least 16 characters`]);
    }
    const weakness = weaknessOf(token);
    if (weakness !== undefined && config.NODE_ENV === 'production') {
      throw new ConfigError([
        `${variable} ${weakness} and is refused in production: ${HOW_TO_MAKE_A_TOKEN}`,
      ]);
    }
    return [fullAccess(id, token)];
  });
}

function fullAccess(id: string, token: string): OpaqueCredential {
  registerSecret(token);
  return { tokenSha256: sha256(token), principal: { id, scopes: new Set(SCOPES) } };
}

function fromFile(path: string | undefined): OpaqueCredential[] {
  if (path === undefined) return [];
  const fault = (what: string) => new ConfigError([`VX11_PRINCIPALS_FILE (${path}): ${what}`]);
  const rows = readList(path, fault).map((raw, index) => readRow(raw, `entry ${index}`, fault));
  const seen = new Map<string, number>();
  rows.forEach(({ tokenSha256 }, index) => {
    const hash = tokenSha256.toLowerCase();
    const first = seen.get(hash);
    if (first !== undefined) {
      throw fault(
        `entries ${first} and ${index} have the same tokenSha256; one token is one principal`,
      );
    }
    seen.set(hash, index);
  });
  return rows.map((row) => {
    registerCredentialHash(row.tokenSha256);
    const { id, filter, rateLimit } = row;
    return {
      tokenSha256: row.tokenSha256,
      principal: {
        id,
        scopes: new Set(row.scopes),
        filter,
        rateLimit,
        // A neighbour with a row of its own has its name as id.
        neighbours: NEIGHBOURS.filter((name) => name === id),
      },
    };
  });
}

type Fault = (what: string) => ConfigError;

function readList(path: string, fault: Fault): unknown[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fault(`cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
  if (text.startsWith('\uFEFF')) {
    throw fault('begins with a byte order mark; save it as UTF-8 without one');
  }
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    throw fault('is not JSON');
  }
  if (!Array.isArray(rows)) throw fault('must hold a JSON list');
  return rows;
}

function readRow(raw: unknown, where: string, fault: Fault): PrincipalRow {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw fault(`${where}: must be an object with id, tokenSha256 and scopes`);
  }
  if (isNestedDeeper(raw)) throw fault(`${where}: is nested too deeply`);
  const hostile = inheritedKey(raw);
  if (hostile !== undefined) throw fault(`${where}: "${hostile}" is no field of a principal`);
  const row = plainToInstance(PrincipalRow, raw);
  const errors = validateSync(row, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length === 0) return row;
  const text = errors.flatMap(({ constraints, property }) =>
    Object.values(constraints ?? { property }),
  );
  throw fault(`${where}: ${text.join('; ')}`);
}

function developmentPrincipal(dataDir: string): LoadedPrincipals {
  const { token, file, created } = developmentToken(dataDir, 'dev');
  const credentials = [fullAccess('developer', token)];
  return created ? { credentials, createdTokenFile: file } : { credentials };
}
