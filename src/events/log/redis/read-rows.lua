-- Reads what the index of an instance needs of many events, without their JSON.
--
-- KEYS: log.
-- ARGV: position after which to start; greatest number of events; number of the last event
--   wanted.
-- Returns one string with the position of each event and the number of its labels, counted
--   from 0, all separated by spaces; then severity, type and module of each of the labels.
--   Many events share their labels, and a client takes longer to read many strings than one.
local last = tonumber(ARGV[3])
local rows, answer, numbers, count = {}, {''}, {}, 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])) do
  local fields, n, s, t, m = entry[2], '', '', '', ''
  for i = 1, #fields, 2 do
    local name = fields[i]
    if name == 'n' then n = fields[i + 1]
    elseif name == 's' then s = fields[i + 1]
    elseif name == 't' then t = fields[i + 1]
    elseif name == 'm' then m = fields[i + 1]
    end
  end
  if (tonumber(n) or 0) > last then break end
  -- With the length of the type, no two labels make the same key.
  local key = s .. #t .. ':' .. t .. m
  local number = numbers[key]
  if not number then
    number = count
    numbers[key] = number
    count = count + 1
    local at = #answer
    answer[at + 1], answer[at + 2], answer[at + 3] = s, t, m
  end
  rows[#rows + 1] = entry[1]
  rows[#rows + 1] = number
end
answer[1] = table.concat(rows, ' ')
return answer
