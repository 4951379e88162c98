-- Adds an access token to a session, and ends the oldest of more than it may have.
--
-- KEYS: access token, list of the session's access tokens.
-- ARGV: the sealed value, its milliseconds, the most tokens of a session.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('LPUSH', KEYS[2], KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
while redis.call('LLEN', KEYS[2]) > tonumber(ARGV[3]) do
  redis.call('DEL', redis.call('RPOP', KEYS[2]))
end
