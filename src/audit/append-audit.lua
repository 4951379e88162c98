-- Adds one batch to the audit trail, once.
--
-- KEYS: 1 the stream of entries, 2 the writer's chain (hash: seq, hash, adopted), 3 its
--   sums (hash: key, draft), 4 the writers (sorted set: chain, when it was last seen alive),
--   5 the sums of the chain that is adopted, 6 that chain
-- ARGV: chain, number of the first entry, number of entries, then text and hash of each,
--   number of finished keys, then these, number of sums, then key and draft of each,
--   the adopted chain or ''
-- Answer: {'done'}, {'behind', number of the last entry that is stored}, {'taken'} when
--   another writer has taken this chain over, or has another entry in the place of one of the
--   batch, {'gone'} when the chain to adopt was taken
local next_argument = 0
local function take()
  next_argument = next_argument + 1
  return ARGV[next_argument]
end

local chain = take()
local first = tonumber(take())
local count = tonumber(take())
-- A chain that is damaged is nobody's any more: its writer begins another one.
local head = redis.pcall('HMGET', KEYS[2], 'seq', 'hash', 'adopted')
local stored = not head.err and tonumber(head[1] or '0')
if not stored or head[3] then
  return { 'taken' }
end
if count > 0 and first > stored + 1 then
  return { 'behind', stored }
end

-- The last entry that is stored must be the one that the batch has in its place: each entry
-- holds the hash of the one before it.
if count > 0 and first <= stored then
  local place = stored - first
  if place >= count or ARGV[5 + 2 * place] ~= head[2] then
    return { 'taken' }
  end
end

local adopted = ARGV[#ARGV]
-- A repeat of a batch that is stored changes nothing.
local is_repeat = count > 0 and first + count - 1 == stored
if adopted ~= '' and not is_repeat then
  if redis.call('ZREM', KEYS[4], adopted) == 0 then
    return { 'gone' }
  end
  redis.call('DEL', KEYS[5])
  redis.call('HSET', KEYS[6], 'adopted', '1')
  redis.call('EXPIRE', KEYS[6], 604800)
end

local last
for index = 0, count - 1 do
  local text = take()
  local hash = take()
  if first + index > stored then
    redis.call('XADD', KEYS[1], '*', 't', text, 'h', hash)
    last = hash
  end
end
if last then
  redis.call('HSET', KEYS[2], 'seq', first + count - 1, 'hash', last)
end
for _ = 1, tonumber(take()) do
  redis.call('HDEL', KEYS[3], take())
end
for _ = 1, tonumber(take()) do
  local key = take()
  redis.call('HSET', KEYS[3], key, take())
end

-- The entries are stored by now, whether or not the list of writers can be read.
local time = redis.call('TIME')
redis.pcall('ZADD', KEYS[4], time[1] * 1000 + math.floor(time[2] / 1000), chain)
return { 'done' }
