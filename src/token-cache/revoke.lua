-- Ends one token.
-- KEYS: t, d (see token-scripts.redis.ts). ARGV: how long d is kept (ms).
-- Returns 1 when the token was alive, else 0.
--
-- DEL comes first: it also works when memory is full, and Redis refuses no later command of
-- a script that has written.
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], 'r', 'PX', ARGV[1])
return 1
