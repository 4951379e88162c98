-- Ends one token.
-- KEYS: t, d (see token-scripts.redis.ts). ARGV: how long d is kept (ms).
-- Returns 1 when the token was alive, else 0.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], 'r', 'PX', ARGV[1])
redis.call('DEL', KEYS[1])
return 1
