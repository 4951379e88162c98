-- KEYS: session. Returns Redis's time (ms), and the session where there is one.
local time = redis.call('TIME')
return {time[1] * 1000 + math.floor(time[2] / 1000), redis.call('GET', KEYS[1])}
