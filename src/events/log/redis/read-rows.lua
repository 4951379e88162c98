-- Reads what the index of an instance needs of many events, without their JSON.
--
-- KEYS: log.
-- ARGV: position after which to start; greatest number of events; number of the last event
--   wanted.
-- Returns position, severity, type and module of each event, one after the other.
local rows = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  if tonumber(fields.n) > tonumber(ARGV[3]) then break end
  rows[#rows + 1] = entry[1]
  rows[#rows + 1] = fields.s
  rows[#rows + 1] = fields.t
  rows[#rows + 1] = fields.m
end
return rows
