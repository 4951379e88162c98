-- Stores a new token.
-- KEYS: t, d, p (see token-scripts.redis.ts).
-- ARGV: hash, grant, lifetime (ms), lifetime of d (ms), binding or ''. Returns 1.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'g', ARGV[2])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'b', ARGV[5]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], '', 'PX', ARGV[4])
redis.call('ZADD', KEYS[3], now + ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return 1
