-- Functions that append.lua and read-state.lua share. The build puts this file before them.
--
-- The keys of the log. All of them share one hash tag, so they lie in one slot of a cluster.
--   log        Stream. One entry for each event; the entry's id is the event's position.
--              n = number of the event. Numbers count 1, 2, 3, ... without a gap.
--              b = bounds of the log after this append: floor, number at the floor, oldest.
--              s, t, m, e, p = severity, type, module, the event as JSON, publisher.
--              Entries of older versions have no p.
--   meta       Hash.
--              last, seq = position and number of the newest event.
--              floor, nfloor = position and number of the newest event that was trimmed.
--              oldest = position of the oldest event held.
--              lost = accepted events may be missing up to this position.
--              began = where this log began; absent when an older version began it.
--              breaks = pairs of positions, the oldest first: no position between the two was
--              given out. Each is from the newest event to the time at which an instance opened
--              the log.
--              When it is gone or damaged, it is rebuilt from the newest entry.
--   seen:<key> String "<append id> <position>". While it exists, the same event is a duplicate.
--
-- The numbers show what positions cannot: whether an event between two entries is missing.
-- When a failover loses the end of the log, the numbers go on from the last entry that is
-- left. Positions do not: each caller names the greatest position that it knows, and the
-- log continues after it. So no position is used twice.

-- "<ms>-<seq>" as two numbers.
local function split(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

-- The greater of two positions.
local function later(a, b)
  local ams, aseq = split(a)
  local bms, bseq = split(b)
  if ams > bms or (ams == bms and aseq > bseq) then return a end
  return b
end

local function join(ms, seq) return string.format('%.0f-%.0f', ms, seq) end

-- Whether a text is a position, or a number, that this log can have written.
local function is_position(text)
  local ms, seq = string.match(text, '^(%d+)-(%d+)$')
  return ms and #ms <= 15 and #seq <= 10
end
local function is_number(text) return #text <= 15 and string.match(text, '^%d+$') end

-- The positions of a list of breaks.
local function breaks_in(text)
  local positions = {}
  for position in string.gmatch(text, '%S+') do positions[#positions + 1] = position end
  return positions
end

local function are_breaks(text)
  local positions = breaks_in(text)
  for _, position in ipairs(positions) do
    if not is_position(position) then return false end
  end
  return #positions % 2 == 0
end

-- last, seq, floor, nfloor, oldest, lost, began and breaks of the log, as texts; nil when meta does
-- not say.
local function read_meta(meta)
  local m = redis.pcall('HMGET', meta, 'last', 'seq', 'floor', 'nfloor', 'oldest', 'lost', 'began',
    'breaks')
  if m.err or not m[1] then return nil end
  local last, seq, floor, nfloor = m[1], m[2] or '0', m[3] or '0-0', m[4] or '0'
  local oldest, lost, began, breaks = m[5] or '', m[6] or '0-0', m[7] or '0-0', m[8] or ''
  local sane = is_position(last) and is_number(seq) and is_position(floor) and is_number(nfloor)
    and (oldest == '' or is_position(oldest)) and is_position(lost)
    and is_position(began) and are_breaks(breaks)
  return sane and {last, seq, floor, nfloor, oldest, lost, began, breaks} or nil
end

-- The same from the newest entry of the log, which holds the bounds of its append. Nobody can say
-- then what was lost before, so everything up to now counts as lost.
local function rebuild_meta(log, meta, now)
  local kind = redis.call('TYPE', meta).ok
  if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', meta) end
  local start = join(now, 0)
  local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  if not newest then return {'0-0', '0', '0-0', '0', '', '0-0', start, ''} end
  local fields = {}
  for i = 1, #newest[2], 2 do fields[newest[2][i]] = newest[2][i + 1] end
  local floor, nfloor, oldest = string.match(fields.b or '', '^(%S+) (%S+) (%S+)$')
  local sane = floor and is_position(floor) and is_number(nfloor) and is_position(oldest)
  if not (sane and is_number(fields.n or '')) then
    floor, nfloor, oldest = '0-0', '0', redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1][1]
    fields.n = tostring(redis.call('XLEN', log))
  end
  local last = later(newest[1], start)
  return {last, fields.n, floor, nfloor, oldest, last, '0-0', ''}
end

-- The state of the log, and Redis's time in milliseconds.
-- log, meta: the keys. told: the greatest position that the caller knows.
local function read_state(log, meta, told)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local m = read_meta(meta)
  local is_saved = m ~= nil
  m = m or rebuild_meta(log, meta, now)
  local state = {
    last = m[1], seq = tonumber(m[2]), floor = m[3], nfloor = tonumber(m[4]), oldest = m[5],
    lost = m[6], known_lost = m[6], began = m[7], breaks = m[8], is_saved = is_saved,
    held = redis.call('XLEN', log)
  }
  if state.held == 0 then state.floor, state.nfloor, state.oldest = state.last, state.seq, '' end
  state.known = later(told, state.last)
  -- The caller knows a position that the log does not: events up to there are lost.
  if state.known ~= state.last then
    state.lost, state.is_saved = later(state.lost, state.known), false
  end
  return state, now
end

-- The newest event that is older than max_age (ms; 0: none is), and its number; nil without one.
local function newest_old(log, oldest, now, max_age)
  if max_age == 0 or oldest == '' or split(oldest) >= now - max_age then return nil end
  local old = redis.call('XREVRANGE', log, '(' .. join(now - max_age, 0), '-', 'COUNT', 1)[1]
  if not old then return nil end
  return old[1], tonumber(old[2][2])
end
