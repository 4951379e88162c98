import { SCOPES, type Principal } from '../principal.js';
import type { PrincipalRights, Refusal } from '../principal-rights.js';
import type { PrincipalRecord } from './principal-record.js';

type Status = 'active' | Refusal;

/** One principal as the API shows it. No token, and no whole hash of one. */
export interface PrincipalView {
  readonly id: string;
  /** Whether the API, the configuration or the issuer names it. */
  readonly source: 'managed' | 'configured' | 'issuer';
  readonly status: Status;
  readonly scopes: readonly string[];
  readonly filter: unknown;
  readonly rate_limit: number | null;
  readonly comment: string | null;
  readonly created_at: string | null;
  readonly created_by: string | null;
  readonly expires_at: string | null;
  readonly credentials: readonly {
    /** The beginning of the hash: names a credential, and is worth nothing. */
    readonly id: string;
    readonly status: Status;
    readonly created_at: string | null;
    readonly expires_at: string | null;
  }[];
  /** Open streams on all instances. */
  readonly streams: number;
}

const ID_DIGITS = 12;

/** @param entries the principal, once for each of its credentials; at least one */
export function principalView(
  entries: readonly Principal[],
  record: PrincipalRecord | undefined,
  rights: PrincipalRights,
  streams: number,
): PrincipalView {
  const [first] = entries as readonly [Principal];
  const statusOf = ({ id, credentialHash }: Principal) =>
    rights.refusal(id, credentialHash) ?? 'active';
  const managed = rights.managedBy(record);
  const statuses = entries.map(statusOf);
  return {
    id: first.id,
    source: sourceOf(first, managed !== undefined, rights),
    // One valid credential is enough; without any, the newest one says why.
    status: statuses.includes('active') ? 'active' : (statuses.at(-1) ?? 'active'),
    scopes: SCOPES.filter((scope) => entries.some(({ scopes }) => scopes.has(scope))),
    filter: first.filter ?? null,
    rate_limit: first.rateLimit ?? null,
    comment: managed?.comment ?? null,
    created_at: timeOf(managed?.createdAt),
    created_by: managed?.createdBy ?? null,
    expires_at: timeOf(managed?.expiresAt),
    credentials: entries.map((entry) => {
      const own = managed?.credentials.find(({ hash }) => hash === entry.credentialHash);
      return {
        id: entry.credentialHash?.slice(0, ID_DIGITS) ?? '',
        status: statusOf(entry),
        created_at: timeOf(own?.createdAt),
        expires_at: timeOf(own?.expiresAt),
      };
    }),
    streams,
  };
}

function sourceOf(
  { id }: Principal,
  isManaged: boolean,
  rights: PrincipalRights,
): PrincipalView['source'] {
  if (isManaged) return 'managed';
  return rights.isConfigured(id) ? 'configured' : 'issuer';
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

const TEXT_OR_NULL = { type: ['string', 'null'] };
const TIME_OR_NULL = { type: ['string', 'null'], format: 'date-time' };
const STATUS = { enum: ['active', 'revoked', 'disabled', 'expired'] };

/** `PrincipalView` in JSON Schema. */
export const PRINCIPAL_SCHEMA = {
  type: 'object',
  required: ['id', 'source', 'status', 'scopes', 'credentials', 'streams'],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    source: { enum: ['managed', 'configured', 'issuer'] },
    status: STATUS,
    scopes: { type: 'array', items: { enum: [...SCOPES] } },
    filter: { type: ['object', 'null'] },
    rate_limit: { type: ['integer', 'null'] },
    comment: TEXT_OR_NULL,
    created_at: TIME_OR_NULL,
    created_by: TEXT_OR_NULL,
    expires_at: TIME_OR_NULL,
    credentials: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'status'],
        additionalProperties: false,
        properties: {
          id: { type: 'string' },
          status: STATUS,
          created_at: TIME_OR_NULL,
          expires_at: TIME_OR_NULL,
        },
      },
    },
    streams: { type: 'integer', minimum: 0 },
  },
};
