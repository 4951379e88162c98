-- Replaces a session, if it is still the one that was read, and adds an access token; the
-- session lives as long as before. The same call may be sent again.
--
-- KEYS: session, access token, list of the session's access tokens.
-- ARGV: the value that was read, the new value, the deadline (ms of Redis's clock), then the
--   arguments of put_access.
-- Returns 'done', also for a repeat; 'changed' when it was not the one that was read; 'late'
--   when the deadline has passed. Nothing was done then.
local present = redis.call('GET', KEYS[1])
if present == ARGV[2] then return 'done' end
if present ~= ARGV[1] then return 'changed' end
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[3]) then return 'late' end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
put_access(KEYS[2], KEYS[3], ARGV[4], ARGV[5], tonumber(ARGV[6]))
return 'done'
