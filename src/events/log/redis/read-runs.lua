-- Reads several ranges of the log in one round trip.
--
-- KEYS: log. ARGV: first and last position of each range.
-- Returns the entries of all ranges, one after the other. Trimmed entries are left out.
local entries = {}
for i = 1, #ARGV, 2 do
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i + 1])) do
    entries[#entries + 1] = entry
  end
end
return entries
