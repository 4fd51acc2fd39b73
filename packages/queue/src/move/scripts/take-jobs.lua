-- Take jobs of BullMQ out of a list or a sorted set, the next ones first, and note them in the stream `taken`. The hash of each is
-- renamed: no worker finds it any more, and nothing changes it. Jobs that are part of a flow, and the next job of a scheduler that
-- BullMQ still has, are left.
--
-- base     what the keys of jobs begin with
-- own      what the keys begin with that hold the jobs that were taken
-- state    the state of these jobs, for the record
-- skip     how many to pass over: those that were left before
-- count    how many to look at
-- token    names the stream, if it is new: the queue knows by it what it has imported
-- is_dry   1 to count only
-- returns { how many were looked at, taken, left as part of flows, left as those of schedulers }
local is_list = redis.call('TYPE', source).ok == 'list'
local found = {}
if is_list then
  -- The next one is on the right.
  local ids = redis.call('LRANGE', source, -(skip + count), -(skip + 1))
  for i = #ids, 1, -1 do found[#found + 1] = { ids[i], '' } end
else
  local entries = redis.call('ZRANGE', source, skip, skip + count - 1, 'WITHSCORES')
  for i = 1, #entries, 2 do found[#found + 1] = { entries[i], entries[i + 1] } end
end

local taken_count, flows, scheduled = 0, 0, 0

local function is_next_of_scheduler(id, scheduler)
  local due = scheduler and redis.call('ZSCORE', schedulers, scheduler)
  return due and id == 'repeat:' .. scheduler .. ':' .. due
end

local function remove(id)
  if is_list then return redis.call('LREM', source, -1, id) end
  return redis.call('ZREM', source, id)
end

local function take(id, score)
  local job = base .. id
  local entry, held = note_taken(id, score)
  redis.call('RENAME', job, held)
  if redis.call('EXISTS', job .. ':logs') == 1 then redis.call('RENAME', job .. ':logs', own .. 'logs:' .. entry) end
  remove(id)
  -- What is added with this deduplication from now on is not a duplicate of a job that is gone.
  local deduplication = redis.call('HGET', held, 'deid')
  local holder = deduplication and base .. 'de:' .. deduplication
  if holder and redis.call('GET', holder) == id then redis.call('DEL', holder) end
end

for _, each in ipairs(found) do
  local id, score = unpack(each)
  local job = base .. id
  local parent, scheduler, name = unpack(redis.call('HMGET', job, 'parentKey', 'rjk', 'name'))
  if not name then
    -- BullMQ has no such job any more.
    if is_dry == '0' then remove(id) end
  elseif parent or redis.call('EXISTS', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful') > 0 then
    flows = flows + 1
  elseif is_next_of_scheduler(id, scheduler) then
    scheduled = scheduled + 1
  else
    if is_dry == '0' then take(id, score) end
    taken_count = taken_count + 1
  end
end
return { #found, taken_count, flows, scheduled }
