-- Replaces the value of one field, if it is still the one that was read.
--
-- KEYS: hash. ARGV: field, the value that was read ('' for none), the new value.
-- Returns 1 when it was replaced, else 0.
local present = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if present ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
