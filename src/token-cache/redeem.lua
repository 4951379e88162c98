-- Decides one use of a token.
-- KEYS: t, d (see token-scripts.redis.ts). ARGV: client, reuse policy.
-- Returns the outcome; for a living token also its grant and the milliseconds left.
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
