-- A function that put-access.lua and swap-session.lua share. The build puts this file before
-- them.

-- Adds an access token to a session, and ends the oldest of more than it may have.
-- token, list: keys. sealed: its value. ms: its lifetime. most: tokens of a session.
local function put_access(token, list, sealed, ms, most)
  redis.call('SET', token, sealed, 'PX', ms)
  redis.call('LPUSH', list, token)
  redis.call('PEXPIRE', list, ms)
  while redis.call('LLEN', list) > most do
    redis.call('DEL', redis.call('RPOP', list))
  end
end
