import { LuaScript } from '../redis/lua-script.js';

/*
 * Each token has three keys in one slot:
 *   t:<hash>       Hash. g = sealed grant, c = network of the first use, b = binding, where there
 *                  is one. Expires with the token.
 *   d:<hash>       String that says how t ended: '' expired, 'r' revoked. Lives ten minutes longer.
 *   p:<principal>  Sorted set of the principal's tokens in this slot, by expiry.
 * The first write of PUT and REDEEM is a command that Redis refuses when memory is full, so a
 * script does all of its work or nothing. Those that end tokens work then too.
 * Redis refuses every write on a read-only replica, and when too few replicas are connected.
 */
const load = (file: string) => LuaScript.load(import.meta.url, file);

export const PUT = load('put.lua');
export const REDEEM = load('redeem.lua');
export const REVOKE = load('revoke.lua');
export const REVOKE_PRINCIPAL = load('revoke-principal.lua');
