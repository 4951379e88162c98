-- Appends all of the events or none. The same call may be sent again: an append that was
-- carried out returns the same positions a second time.
--
-- KEYS: log, meta, then one `seen` key for each event.
-- ARGV: append id; greatest position that the caller knows; deadline (ms of Redis's clock;
--   0: none); greatest number of events held; greatest age of an event (ms; 0: none); then
--   for each event: how long to remember it (ms), severity, type, module, JSON,
--   publisher.
-- Returns Redis's time (ms), 'late' or 'done', then the position of each event; '' for a
--   duplicate. 'late': the deadline has passed, and nothing was done.
--
-- When the configured length is reduced, each append trims at most 1,000 surplus events, so
-- that no single call takes long.
--
-- The first write is XADD. Redis refuses it when memory is full, on a read-only replica, and
-- when too few replicas are connected. In these cases nothing has been written yet.
local log, meta = KEYS[1], KEYS[2]
local append_id, told, deadline = ARGV[1], ARGV[2], tonumber(ARGV[3])
local capacity, max_age = tonumber(ARGV[4]), tonumber(ARGV[5])
local FIRST_EVENT, FIELDS = 5, 6
local state, now = read_state(log, meta, told)

local answer = {now, 'done'}
local fresh, repeated, in_batch = {}, false, {}
for i = 1, #KEYS - 2 do
  local key = KEYS[i + 2]
  local seen = redis.call('GET', key)
  local by, position = string.match(seen or '', '^(%S+) (%S+)$')
  if in_batch[key] then
    answer[i + 2] = ''
  elseif by == append_id then
    repeated = true
    answer[i + 2] = position
  elseif seen then
    answer[i + 2] = ''
  else
    fresh[#fresh + 1] = i
  end
  in_batch[key] = true
end
if repeated or #fresh == 0 then return answer end
if deadline > 0 and now > deadline then return {now, 'late'} end

-- Positions: Redis's time, or just after the greatest position known, or the newest break, if that
-- is greater.
local breaks = breaks_in(state.breaks)
local ms, sub = split(later(state.known, breaks[#breaks] or '0-0'))
if now > ms then ms, sub = now, -1 end
local positions = {}
for k = 1, #fresh do positions[k] = join(ms, sub + k) end

-- The new floor: what is above the capacity is trimmed, and what is too old. An append never
-- trims its own events, even when they are more than the capacity: their readers would miss
-- them.
local floor, nfloor, oldest = state.floor, state.nfloor, state.oldest
local total = state.held + #fresh
local excess = math.min(total - capacity, state.held, 1000 + #fresh)
if excess > 0 then
  local gone = redis.call('XRANGE', log, '-', '+', 'COUNT', excess)
  floor = gone[#gone][1]
  nfloor = state.seq + #fresh - (total - excess)
end
local old, number = newest_old(log, oldest, now, max_age)
if old and old ~= floor and later(old, floor) == old then floor, nfloor = old, number or nfloor end

-- The oldest event that stays: in the log, or else the first new one.
local next = redis.call('XRANGE', log, '(' .. floor, '+', 'COUNT', 1)[1]
oldest = next and next[1] or positions[1]

local bounds = floor .. ' ' .. string.format('%.0f', nfloor) .. ' ' .. oldest
for k, i in ipairs(fresh) do
  local a = FIRST_EVENT + (i - 1) * FIELDS
  redis.call('XADD', log, positions[k], 'n', string.format('%.0f', state.seq + k), 'b', bounds,
    's', ARGV[a + 2], 't', ARGV[a + 3], 'm', ARGV[a + 4], 'e', ARGV[a + 5],
    'p', ARGV[a + 6])
end
for k, i in ipairs(fresh) do
  local remember = ARGV[FIRST_EVENT + (i - 1) * FIELDS + 1]
  redis.call('SET', KEYS[i + 2], append_id .. ' ' .. positions[k], 'PX', remember)
  answer[i + 2] = positions[k]
end
redis.call('XTRIM', log, 'MINID', oldest)
redis.call('HSET', meta, 'last', positions[#positions], 'seq', state.seq + #fresh,
  'floor', floor, 'nfloor', nfloor, 'oldest', oldest, 'lost', state.lost,
  'began', state.began, 'breaks', state.breaks)
return answer
