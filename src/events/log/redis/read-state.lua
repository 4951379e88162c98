-- Returns the state of the log, and records a loss of events that the caller has noticed. Trims
-- the events that are too old: an append does so too, but there may be none for a long time.
--
-- KEYS: log, meta.
-- ARGV: greatest position that the caller knows; '1' when the caller has other evidence
--   that events up to there are missing, else '0'; position and number of the last entry that
--   the caller has read; greatest age of an event (ms; 0: none); '1' when the caller opens the
--   log, else '0'.
-- Returns Redis's time (ms), last, seq, floor, nfloor, oldest ('' when the log is empty), lost,
--   began, breaks; and, when the log does not have that entry any more, position and number of the one
--   before it.
local MOST_BREAKS = 32
-- A shorter one (ms) shows nothing but that other instances append; it would only push out others.
local SHORTEST_BREAK = 1000
local log, meta, read, number = KEYS[1], KEYS[2], ARGV[3], tonumber(ARGV[4])
local state, now = read_state(log, meta, ARGV[1])
if ARGV[2] == '1' and later(ARGV[1], state.lost) ~= state.lost then
  state.lost, state.is_saved = state.known, false
end

-- The place of that entry. Two masters at the same time give the same numbers to different
-- events, so what the caller has read may be in one log only, whichever has more events. Others
-- may have missed something as well: nothing up to the next position counts as whole then.
local entry = redis.call('XREVRANGE', log, read, '-', 'COUNT', 1)[1]
local at, n = state.floor, state.nfloor
if entry then at, n = entry[1], tonumber(entry[2][2]) end
local is_trimmed = not entry and later(read, at) == at and number <= n
local is_kept = at == read and number == n
local place = {}
if not (is_trimmed or is_kept) then
  place = {at, n}
  if later(read, state.known_lost) ~= state.known_lost then
    local ms, sub = split(state.known)
    state.known = join(ms, sub + 1)
    state.lost, state.is_saved = state.known, false
  end
end

local old, nold = newest_old(log, state.oldest, now, tonumber(ARGV[5]))
if old then
  local ms, sub = split(old)
  redis.call('XTRIM', log, 'MINID', join(ms, sub + 1))
  local next = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  state.floor, state.nfloor, state.oldest = old, nold or state.nfloor, next and next[1] or ''
  state.is_saved = false
end

-- A position between the newest event and now is of another log: of one that this one has replaced,
-- an older copy, or of the end that a power cut took. Nobody may be left who has read it. Of a break
-- after which nothing was appended this one makes a longer one.
local ms = split(state.known)
if ARGV[6] == '1' and ms > 0 and now - ms > SHORTEST_BREAK then
  local breaks, kept = breaks_in(state.breaks), {}
  for i = math.max(1, #breaks - 2 * MOST_BREAKS + 3), #breaks, 2 do
    if breaks[i] ~= state.known then
      kept[#kept + 1] = breaks[i]
      kept[#kept + 1] = breaks[i + 1]
    end
  end
  kept[#kept + 1] = state.known
  kept[#kept + 1] = join(now, 0)
  state.breaks, state.is_saved = table.concat(kept, ' '), false
end

if not state.is_saved then
  redis.call('HSET', meta, 'last', state.known, 'seq', string.format('%.0f', state.seq),
    'floor', state.floor, 'nfloor', string.format('%.0f', state.nfloor),
    'oldest', state.oldest, 'lost', state.lost, 'began', state.began, 'breaks', state.breaks)
end
return {now, state.known, state.seq, state.floor, state.nfloor, state.oldest, state.lost,
  state.began, state.breaks, place[1], place[2]}
