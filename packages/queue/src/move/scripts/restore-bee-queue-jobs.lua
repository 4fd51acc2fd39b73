-- Give jobs that were taken back to bee-queue, where they were. One that is there again already is left out.
--
-- own              what the keys begin with that hold the jobs that were taken
-- earlier_delayed  the channel that wakes its workers
-- rest             their entries, in their order
-- returns how many were given back
local function put_back(state, id, score)
  if state == 'delayed' then
    redis.call('ZADD', delayed, score, id)
  elseif state == 'failed' then
    redis.call('SADD', failed, id)
  else
    redis.call('LPUSH', waiting, id)
  end
end

local function give_back(entry, state, id, score)
  local held = own .. 'job:' .. entry
  local job = redis.call('HGET', held, 'job')
  if not job then return 0 end
  -- Another job has this id by now.
  if redis.call('HEXISTS', jobs, id) == 1 then id = id .. '-' .. entry end
  redis.call('HSET', jobs, id, job)
  put_back(state, id, score)
  redis.call('DEL', held)
  redis.call('XDEL', taken, entry)
  return 1
end

local count = 0
for i = rest, #ARGV do
  local found = redis.call('XRANGE', taken, ARGV[i], ARGV[i])[1]
  if found then
    local fields = {}
    for at = 1, #found[2], 2 do fields[found[2][at]] = found[2][at + 1] end
    count = count + give_back(ARGV[i], fields.state, fields.id, fields.score)
  end
end
-- Workers sleep until the next one of those that they know.
local next_delayed = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
if count > 0 and next_delayed then redis.pcall('PUBLISH', earlier_delayed, next_delayed) end
return count
