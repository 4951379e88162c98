-- KEYS: stream, counter. Returns the number and the stream id of the newest message.
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return {tonumber(redis.call('GET', KEYS[2]) or '0'), last and last[1] or '0-0'}
