-- KEYS: access token, list of the session's access tokens.
-- ARGV: the sealed value, its milliseconds, the most tokens of a session.
put_access(KEYS[1], KEYS[2], ARGV[1], ARGV[2], tonumber(ARGV[3]))
