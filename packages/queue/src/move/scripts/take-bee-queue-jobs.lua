-- Take jobs of bee-queue out of a list, a sorted set or a set, the next ones first, and note them in the stream `taken`. Each is taken out
-- of `jobs`, too: no worker finds it any more, and nothing changes it.
--
-- own    what the keys begin with that hold the jobs that were taken
-- state  the state of these jobs, for the record
-- count  how many to look at
-- token  names the stream, if it is new: the queue knows by it what it has imported
-- returns { how many were looked at, taken }
local kind = redis.call('TYPE', source).ok
local found = {}
if kind == 'list' then
  -- The next one is on the right.
  local ids = redis.call('LRANGE', source, -count, -1)
  for i = #ids, 1, -1 do found[#found + 1] = { ids[i], '' } end
elseif kind == 'zset' then
  local entries = redis.call('ZRANGE', source, 0, count - 1, 'WITHSCORES')
  for i = 1, #entries, 2 do found[#found + 1] = { entries[i], entries[i + 1] } end
elseif kind == 'set' then
  for _, id in ipairs(redis.call('SRANDMEMBER', source, count)) do found[#found + 1] = { id, '' } end
end

local function remove(id)
  if kind == 'list' then
    redis.call('LREM', source, -1, id)
  elseif kind == 'zset' then
    redis.call('ZREM', source, id)
  else
    redis.call('SREM', source, id)
  end
end

local function take(id, score, job)
  local _, held = note_taken(id, score)
  redis.call('HSET', held, 'job', job)
  redis.call('HDEL', jobs, id)
end

local taken_count = 0
for _, each in ipairs(found) do
  local id, score = unpack(each)
  local job = redis.call('HGET', jobs, id)
  -- Without one, bee-queue has no such job any more.
  if job then
    take(id, score, job)
    taken_count = taken_count + 1
  end
  remove(id)
end
return { #found, taken_count }
