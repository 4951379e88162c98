-- Replaces the value of one field, if it is still the one that was read.
--
-- KEYS: hash. ARGV: field, the value that was read ('' for none), the new value.
-- Returns 1 when it was replaced, else 0.
local present = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if present ~= ARGV[2] then return 0 end
-- A principal can be revoked when memory is full too: Redis always takes HDEL, and refuses no
-- later command of a script that has written.
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
