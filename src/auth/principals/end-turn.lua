-- Ends a turn, unless it has timed out and belongs to another one.
--
-- KEYS: turn. ARGV: the name of who has it. Returns 1 when it was ended, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
