-- Replaces a session, if it is still the one that was read; it lives as long as before.
--
-- KEYS: session. ARGV: the value that was read, the new value.
-- Returns 1 when it was replaced, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
