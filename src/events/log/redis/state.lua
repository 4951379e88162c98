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

-- The state of the log, and Redis's time in milliseconds.
-- log, meta: the keys. told: the greatest position that the caller knows.
local function read_state(log, meta, told)
  local m = redis.call('HMGET', meta, 'last', 'seq', 'floor', 'nfloor', 'oldest', 'lost')
  local state = {
    last = m[1] or '0-0', seq = tonumber(m[2] or '0'),
    floor = m[3] or '0-0', nfloor = tonumber(m[4] or '0'),
    oldest = m[5] or '', lost = m[6] or '0-0', saved_lost = m[6] or '0-0',
    held = redis.call('XLEN', log)
  }
  if state.held == 0 then state.floor, state.nfloor, state.oldest = state.last, state.seq, '' end
  state.known = later(told, state.last)
  -- The caller knows a position that the log does not: events up to there are lost.
  if state.known ~= state.last then state.lost = later(state.lost, state.known) end
  local time = redis.call('TIME')
  return state, time[1] * 1000 + math.floor(time[2] / 1000)
end
