import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newPrincipalToken } from './backend.js';

export interface Row {
  id: string;
  scopes: string[];
  filter?: object;
  rateLimit?: number;
}

/** Writes a principals file; resolves to its path and each principal's token. */
export function writePrincipals<const Id extends string>(
  directory: string,
  rows: (Row & { id: Id })[],
): { file: string; tokens: Record<Id, string> } {
  const tokens = Object.fromEntries(rows.map(({ id }) => [id, newPrincipalToken()])) as Record<
    Id,
    string
  >;
  const file = join(directory, 'principals.json');
  const listed = rows.map((row) => ({
    ...row,
    tokenSha256: createHash('sha256').update(tokens[row.id]).digest('hex'),
  }));
  writeFileSync(file, JSON.stringify(listed));
  return { file, tokens };
}
