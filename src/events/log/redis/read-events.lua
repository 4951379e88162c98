-- Reads many events, without what only the stream reader needs of an entry.
--
-- KEYS: log. ARGV: position after which to start; greatest number of events.
-- Returns a JSON list of position, severity, type, module, JSON and publisher of each event;
--   '' when there is none. A client reads one string in a fraction of the time that the
--   sixteen strings of each entry take.
local events = {}
for k, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  events[k] = {entry[1], fields.s or '', fields.t or '', fields.m or '', fields.e or '',
    fields.p or ''}
end
return #events > 0 and cjson.encode(events) or ''
