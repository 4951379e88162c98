/*
 * The log in Redis, all in one slot:
 *   log          stream: one entry an event. n = its number (1, 2, … without a gap),
 *                b = what the log held once it was in: floor, number at floor, oldest;
 *                s, t, m, e, p = severity, type, module, JSON, publisher
 *                (older entries have no p).
 *   meta         hash: last, seq = position and number of the last event; floor, nfloor =
 *                the last one trimmed; oldest = the first one held; lost = up to
 *                here events may be missing although they were accepted.
 *   seen:<key>   of an event, for as long as it must not be taken again:
 *                "<append id> <position>".
 *
 * Numbers tell a reader what positions cannot: that something between two
 * entries is gone. After a failover that lost the end of the log they start
 * again from the last event kept. So does a caller that knows of a greater
 * position than the log does; no position is ever given twice all the same.
 */
const prelude = (known: number) => `
local function split(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function later(a, b)
  local ams, aseq = split(a)
  local bms, bseq = split(b)
  if ams > bms or (ams == bms and aseq > bseq) then return a end
  return b
end
local function join(ms, seq) return string.format('%.0f-%.0f', ms, seq) end
local m = redis.call('HMGET', KEYS[2], 'last', 'seq', 'floor', 'nfloor', 'oldest', 'lost')
local last, seq = m[1] or '0-0', tonumber(m[2] or '0')
local floor, nfloor = m[3] or '0-0', tonumber(m[4] or '0')
local oldest, lost = m[5] or '', m[6] or '0-0'
local held = redis.call('XLEN', KEYS[1])
if held == 0 then floor, nfloor, oldest = last, seq, '' end
local known = later(ARGV[${known}], last)
if known ~= last then
  lost = later(lost, known)
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Takes all of the events or none, and says the same again when it is asked again.
 * KEYS: log, meta, one `seen` for each event.
 * ARGV: append id, greatest position that the caller knows of, latest time at
 * which this may be done (ms of Redis's clock; 0: any), length, age in ms (0:
 * any); then for each event: ms to remember it, severity, type, module, JSON, publisher.
 * Returns time, 'late' or 'done', then for each event its position or ''. A log
 * that was given less room shrinks by a thousand events an append.
 *
 * The first write is an XADD: Redis refuses it when it is full, a replica, or
 * short of replicas, and then nothing has been done.
 */
export const APPEND = `${prelude(2)}
local count = #KEYS - 2
local answer = {now, 'done'}
local fresh, mine, inBatch = {}, false, {}
for i = 1, count do
  local key = KEYS[i + 2]
  local seen = redis.call('GET', key)
  local append, position = string.match(seen or '', '^(%S+) (%S+)$')
  if inBatch[key] then
    answer[i + 2] = ''
  elseif append == ARGV[1] then
    mine = true
    answer[i + 2] = position
  elseif seen then
    answer[i + 2] = ''
  else
    fresh[#fresh + 1] = i
  end
  inBatch[key] = true
end
if mine or #fresh == 0 then return answer end
if tonumber(ARGV[3]) > 0 and now > tonumber(ARGV[3]) then return {now, 'late'} end

local ms, sub = split(known)
if now > ms then ms, sub = now, -1 end
local positions = {}
for k = 1, #fresh do positions[k] = join(ms, sub + k) end

local excess = math.min(held + #fresh - tonumber(ARGV[4]), held + #fresh - 1, 1000 + #fresh)
if excess > 0 then
  if excess <= held then
    local gone = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', excess)
    floor = gone[#gone][1]
  else
    floor = positions[excess - held]
  end
  nfloor = seq + #fresh - (held + #fresh - excess)
end
local age = tonumber(ARGV[5])
if age > 0 and oldest ~= '' and split(oldest) < now - age then
  local old = redis.call('XREVRANGE', KEYS[1], '(' .. join(now - age, 0), '-', 'COUNT', 1)[1]
  if old and later(old[1], floor) == old[1] and old[1] ~= floor then
    floor, nfloor = old[1], tonumber(old[2][2])
  end
end
local next = redis.call('XRANGE', KEYS[1], '(' .. floor, '+', 'COUNT', 1)[1]
if next then
  oldest = next[1]
else
  oldest = positions[1]
  for k = 1, #fresh do
    if positions[k] == floor then oldest = positions[k + 1] end
  end
end

local bounds = floor .. ' ' .. string.format('%.0f', nfloor) .. ' ' .. oldest
for k, i in ipairs(fresh) do
  local a = 5 + (i - 1) * 6
  redis.call('XADD', KEYS[1], positions[k], 'n', string.format('%.0f', seq + k), 'b', bounds,
    's', ARGV[a + 2], 't', ARGV[a + 3], 'm', ARGV[a + 4], 'e', ARGV[a + 5], 'p', ARGV[a + 6])
end
for k, i in ipairs(fresh) do
  local remember = ARGV[5 + (i - 1) * 6 + 1]
  redis.call('SET', KEYS[i + 2], ARGV[1] .. ' ' .. positions[k], 'PX', remember)
  answer[i + 2] = positions[k]
end
redis.call('XTRIM', KEYS[1], 'MINID', oldest)
redis.call('HSET', KEYS[2], 'last', positions[#positions], 'seq', seq + #fresh,
  'floor', floor, 'nfloor', nfloor, 'oldest', oldest, 'lost', lost)
return answer
`;

/**
 * How the log stands.
 * KEYS: log, meta. ARGV: greatest position that the caller knows of, '1' when
 * the caller has other evidence that events up to there are missing.
 * Returns time, last, seq, floor, nfloor, oldest, lost.
 */
export const MEET = `${prelude(1)}
if ARGV[2] == '1' and later(ARGV[1], lost) ~= lost then lost = known end
if known ~= last or lost ~= (m[6] or '0-0') then
  redis.call('HSET', KEYS[2], 'last', known, 'lost', lost)
end
return {now, known, seq, floor, nfloor, oldest, lost}
`;
