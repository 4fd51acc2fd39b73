-- Acknowledge records and take the next ones, in one round trip: one suspect, then the records that are due for another
-- attempt, then new records. If the lease of the consumer is lost, nothing is done, because other consumers may have its
-- records. Only as many records are taken as fit into an answer, but at least one.
--
-- count         how many records at most
-- with_new      1 if new records may be among them
-- with_suspect  1 if a suspect may be among them
-- rest          offsets to acknowledge
-- returns nil when the lease is lost, else { now, when the next delayed record is due or nil, the offset after which the
--       next new record will come or nil when there may be more, offsets of due records that were trimmed,
--       { { deliveries, entry, 1 for a suspect }... } for records that are delivered again, new entries as MessagePack,
--       several in each text, because hundreds of replies would cost both sides more }
if not redis.call('ZSCORE', consumers, consumer) then return nil end

if #ARGV >= rest then
  local acknowledged = redis.call('XACK', stream, group, unpack(ARGV, rest))
  redis.call('HINCRBY', stats, 'acked', acknowledged)
  if redis.call('EXISTS', suspects) == 1 then redis.call('ZREM', suspects, unpack(ARGV, rest)) end
end

count = tonumber(count)
local time = now()
local again, trimmed, room = {}, {}, most_bytes

local function claim(offset)
  -- In the answer, a record that was trimmed is missing; before Redis 7 it is nil.
  local entry = redis.call('XCLAIM', stream, group, consumer, 0, offset)[1]
  if entry then
    local pending = held_record(offset)
    again[#again + 1] = { pending[4], entry }
    room = room - size_of(entry)
    return true
  end
  redis.call('XACK', stream, group, offset)
  if not redis.call('XRANGE', stream, offset, offset)[1] then trimmed[#trimmed + 1] = offset end
  return false
end

if with_suspect == '1' then
  local offset = redis.call('ZRANGEBYSCORE', suspects, '-inf', '(+inf', 'LIMIT', 0, 1)[1]
  if offset then
    if claim(offset) then
      redis.call('ZADD', suspects, '+inf', offset)
      again[1][3] = 1
    else
      redis.call('ZREM', suspects, offset)
    end
  end
end
if count > 0 then
  for _, due in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', time, 'LIMIT', 0, count)) do
    if room <= 0 then break end
    redis.call('ZREM', delayed, due)
    if claim(offset_of(due)) then count = count - 1 end
  end
end

-- Set the position of the group back to this offset, although it has read `unread` more records. Since Redis 7 the server
-- counts the records that were read, for the lag of the group, and has to be told this number again.
local function step_back(offset, unread)
  local read
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local each = {}
    for i = 1, #info, 2 do each[info[i]] = info[i + 1] end
    if each.name == group then read = each['entries-read'] end
  end
  local counted = read and { 'ENTRIESREAD', read - unread } or {}
  redis.call('XGROUP', 'SETID', stream, group, offset, unpack(counted))
end

-- Take records in steps, each at most three times as long as all steps before it together. So if large records follow
-- small ones, only few of them are taken and returned again.
local packed, taken, newest, is_cut = {}, 0, nil, room <= 0
if with_new ~= '1' then count = 0 end
while taken < count and not is_cut do
  local wanted = math.min(count - taken, math.max(1, 3 * taken))
  local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', wanted,
    'STREAMS', stream, '>')
  local entries = read and read[1][2] or {}
  local found = #entries
  if found == 0 then break end
  local fit, pack = found, cmsgpack.pack(entries)
  if #pack > room then
    fit, room = fitting_entries(entries, room)
    if taken == 0 then fit = math.max(fit, 1) end
    is_cut = fit < found
    if is_cut then
      local unread = {}
      for i = fit + 1, found do unread[#unread + 1], entries[i] = entries[i][1], nil end
      redis.call('XACK', stream, group, unpack(unread))
      step_back(fit > 0 and entries[fit][1] or newest, #unread)
      pack = fit > 0 and cmsgpack.pack(entries)
    end
  else
    room = room - #pack
  end
  if fit > 0 then packed[#packed + 1], newest = pack, entries[fit][1] end
  taken = taken + fit
  if found < wanted then break end
end
local due = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
local last = false
if count > taken and not is_cut then
  if not newest then
    local entry = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    newest = entry and entry[1] or '0-0'
  end
  last = newest
end
return { time, due or false, last, trimmed, again, packed }
