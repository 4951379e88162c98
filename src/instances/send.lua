-- Sends one message to all instances. Messages are numbered without a gap.
--
-- KEYS: stream, counter; for an answer also the list that holds it.
-- ARGV: sending instance, topic, body, messages kept; for an answer also the answer and how
--   long it is kept (ms).
-- Returns the number of the message.

-- Revocations travel when memory is full too: Redis always takes XTRIM, and refuses no later
-- command of a script that has written. What is kept is bounded.
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[4])
local n = redis.call('INCR', KEYS[2])
if KEYS[3] then
  redis.call('RPUSH', KEYS[3], ARGV[5])
  redis.call('PEXPIRE', KEYS[3], ARGV[6])
end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'n', n,
  'f', ARGV[1], 't', ARGV[2], 'b', ARGV[3])
return n
