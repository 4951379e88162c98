-- Decides one use of a token, by the rules of decide-use.ts.
-- KEYS: t, d (see token-scripts.redis.ts).
-- ARGV: network of the client, reuse policy, then each cookie of the client.
-- Returns the outcome; for a live token also its grant and the milliseconds left.
local token = redis.call('HMGET', KEYS[1], 'g', 'c', 'b')
local grant, first, binding = token[1], token[2], token[3]
if not grant then
  local death = redis.call('GET', KEYS[2])
  if not death then return {'unknown'} end
  return {death == '' and 'expired' or 'revoked'}
end
local proven = false
for i = 3, #ARGV do
  if ARGV[i] == binding then proven = true end
end
local outcome = 'replayed'
if not binding or proven then
  if not first then
    redis.call('HSET', KEYS[1], 'c', ARGV[1])
    outcome = 'first'
  elseif ARGV[2] == 'allow'
      or (ARGV[2] == 'same-client' and (proven or first == ARGV[1])) then
    outcome = 'reused'
  end
end
return {outcome, grant, redis.call('PTTL', KEYS[1])}
