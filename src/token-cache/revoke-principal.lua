-- Ends all tokens of one principal in this slot.
-- KEYS: p (see token-scripts.redis.ts).
-- ARGV: prefix of the t keys, prefix of the d keys, how long d is kept (ms). The script
--   builds the names of t and d itself; they share the slot of p.
-- Returns how many tokens were alive.
local count = 0
for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  -- DEL first: see revoke.lua.
  if redis.call('DEL', ARGV[1] .. hash) == 1 then
    redis.call('SET', ARGV[2] .. hash, 'r', 'PX', ARGV[3])
    count = count + 1
  end
end
redis.call('DEL', KEYS[1])
return count
