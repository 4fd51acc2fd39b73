-- How many messages each consumer holds, in a hash that exists only while the queue limits how many may be active.
-- Each script that changes what a consumer holds writes its number anew, from what it really holds: a total to which
-- scripts add and from which they subtract would drift.

-- How many messages may be active, or nil where that is not limited.
local function most_active()
  return tonumber(redis.call('HGET', shape, 'concurrency'))
end

-- How many this consumer really holds, with what a blocking move has brought.
local function really_held()
  return count_held() + redis.call('LLEN', handoff)
end

-- How many all other consumers hold.
local function held_by_others()
  local sum, numbers = 0, redis.call('HGETALL', holders)
  for i = 1, #numbers, 2 do
    if numbers[i] ~= consumer then sum = sum + numbers[i + 1] end
  end
  return sum
end

-- Write how many this consumer holds now. Others, which may wait for that, are told when there is room again.
local function note_holder()
  local most = most_active()
  if not most then return end
  local before, now_held = tonumber(redis.call('HGET', holders, consumer) or 0), really_held()
  if now_held == before then return end
  if now_held > 0 then
    redis.call('HSET', holders, consumer, now_held)
  else
    redis.call('HDEL', holders, consumer)
  end
  if now_held > before then return end
  local others = held_by_others()
  if others + before >= most and others + now_held < most then tell('gate') end
end
