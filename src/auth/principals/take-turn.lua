-- Takes the turn, if nobody has it.
--
-- KEYS: turn. ARGV: the name of who takes it, how long it lasts at most (ms).
-- Returns 1 when it was taken, else 0.
-- A key that never expires was not written by take-turn: nobody would end it.
if redis.call('PTTL', KEYS[1]) >= 0 then return 0 end
-- Works when memory is full too: see replace.lua.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
