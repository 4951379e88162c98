import { percentDecoded } from './percent-views.js';

/** Query and form parameters whose value is a credential (RFC 6749, RFC 6750, and our own). */
const PARAMETERS = new Set([
  'token',
  'accesstoken',
  'ssetoken',
  'idtoken',
  'refreshtoken',
  'principaltoken',
  'authtoken',
  'sessiontoken',
  'apitoken',
  'bearertoken',
  'csrftoken',
  'vx11token',
  'xvx11token',
  'xauthtoken',
  'authorization',
  'proxyauthorization',
  'password',
  'clientsecret',
  'apikey',
  'xapikey',
]);

/** Members of an object whose value is a credential. */
const FIELDS = new Set([...PARAMETERS, 'cookie', 'setcookie', 'secret', 'passwd']);

/** Their values may be short and may look like a word. */
const PASSWORDS = new Set(['password', 'passwd', 'clientsecret']);

/** Every name above holds one of these, unless it is percent-encoded. */
const HINT = /token|authorization|password|passwd|secret|cookie|key|%/i;

/** Of a longer name only the end is read; the names that matter are shorter, however encoded. */
export const LONGEST_NAME = 128;
const SHORTEST_NAME = 5;
const LEVELS = 3;

/**
 * Whether the value of this query parameter is a credential. The name is parsed as a
 * server would: percent-encoding undone, `[]` and white space removed, in any case.
 */
export function isCredentialParameter(name: string): boolean {
  return isOneOf(PARAMETERS, name);
}

/** As `isCredentialParameter`, for the name of an object's member. */
export function isCredentialField(name: string): boolean {
  return isOneOf(FIELDS, name);
}

/** Whether any value of this member is a credential, even `hunter2`. */
export function isPasswordField(name: string): boolean {
  return isOneOf(PASSWORDS, name);
}

function isOneOf(names: ReadonlySet<string>, name: string): boolean {
  if (name.length < SHORTEST_NAME || !HINT.test(name)) return false;
  let plain = name.slice(-LONGEST_NAME);
  for (let level = 0; level < LEVELS && plain.includes('%'); level += 1) {
    plain = percentDecoded(plain);
  }
  // Each part of `filter[token][]` may be the name that a server reads.
  return plain.split(/[[\]?&;#/.]/).some((part) => names.has(canonical(part)));
}

/** `Access-Token`, `accessToken` and ` access_token+` are one name. */
function canonical(part: string): string {
  return part.replace(/[\u0000-\u0020\u007f\u00a0+_-]/g, '').toLowerCase();
}
