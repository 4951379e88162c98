-- Returns the state of the log, and records a loss of events that the caller has noticed.
--
-- KEYS: log, meta.
-- ARGV: greatest position that the caller knows; '1' when the caller has other evidence
--   that events up to there are missing, else '0'.
-- Returns Redis's time (ms), last, seq, floor, nfloor, oldest ('' when the log is empty), lost.
local state, now = read_state(KEYS[1], KEYS[2], ARGV[1])
if ARGV[2] == '1' and later(ARGV[1], state.lost) ~= state.lost then state.lost = state.known end
if state.known ~= state.last or state.lost ~= state.saved_lost then
  redis.call('HSET', KEYS[2], 'last', state.known, 'lost', state.lost)
end
return {now, state.known, state.seq, state.floor, state.nfloor, state.oldest, state.lost}
