/*
 * Of one token there are three keys in one slot:
 *   t:<hash>       hash: g = grant as JSON, c = client of the first use. Its expiry is the token's.
 *   d:<hash>       what to say once t is gone: '' expired, 'r' revoked. Lives ten minutes longer.
 *   p:<principal>  sorted set of the principal's tokens in this slot, by expiry.
 * The first write of each script is one that Redis refuses when it is full, a
 * replica, or short of replicas; so a script does all of its work or nothing.
 */

/** KEYS: t, d, p. ARGV: hash, grant, lifetime ms, lifetime and memory of it ms. */
export const PUT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'g', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], '', 'PX', ARGV[4])
redis.call('ZADD', KEYS[3], now + ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return 1
`;

/** KEYS: t, d. ARGV: client, reuse policy. Returns outcome, grant, milliseconds left. */
export const REDEEM = `
local token = redis.call('HMGET', KEYS[1], 'g', 'c')
local grant, first = token[1], token[2]
if not grant then
  local death = redis.call('GET', KEYS[2])
  if not death then return {'unknown'} end
  return {death == '' and 'expired' or 'revoked'}
end
local outcome = 'replayed'
if not first then
  redis.call('HSET', KEYS[1], 'c', ARGV[1])
  outcome = 'first'
elseif ARGV[2] == 'allow' or (ARGV[2] == 'same-client' and first == ARGV[1]) then
  outcome = 'reused'
end
return {outcome, grant, redis.call('PTTL', KEYS[1])}
`;

/** KEYS: t, d. ARGV: memory of it ms. Returns 1 when it was alive. */
export const REVOKE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], 'r', 'PX', ARGV[1])
redis.call('DEL', KEYS[1])
return 1
`;

/**
 * KEYS: p. ARGV: how t and d begin, memory of it ms. Returns how many were alive.
 * The names of t and d are made here; they share the slot of p.
 */
export const REVOKE_PRINCIPAL = `
local count = 0
for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('EXISTS', ARGV[1] .. hash) == 1 then
    redis.call('SET', ARGV[2] .. hash, 'r', 'PX', ARGV[3])
    redis.call('DEL', ARGV[1] .. hash)
    count = count + 1
  end
end
redis.call('DEL', KEYS[1])
return count
`;
