-- Tell what is known of keys.
--
-- by    'pending' for the keys with the most messages that wait, 'age' for those whose next message has been the next
--       one for the longest time, 'time' for those that handlers had for the longest time in this hour and the one
--       before, '' for the key `only`
-- only  a key
-- most  how many keys at most
-- returns { key, how many wait, since when the next one is it, how many are held, not before, paused until, for how many
--       ms handlers had it, ... }: for each key seven values, '' where there is no such value. The messages without a
--       key are one more, ''

local function pending_of(key)
  if key == '' then return redis.call('LLEN', list) + redis.call('LLEN', returned) end
  return redis.call('LLEN', key_prefix .. key)
end

-- The keys with the most messages, among four times as many that are known to have many: the scores are at most twice
-- too small. Where these are too few, those of which the next message is oldest are looked at, too.
local function with_most(most)
  local names, counts = redis.call('ZREVRANGE', keys_by_pending, 0, 4 * most - 1), {}
  local is_known = {}
  for _, key in ipairs(names) do is_known[key] = true end
  if #names < most then
    for _, key in ipairs(redis.call('ZRANGE', keys_by_age, 0, most + #names + 99)) do
      if not is_known[key] then names[#names + 1] = key end
    end
  end
  local has_keys = redis.call('HGET', shape, 'keys')
  if has_keys and pending_of('') > 0 then names[#names + 1] = '' end
  for _, key in ipairs(names) do counts[key] = pending_of(key) end
  table.sort(names, function(one, other)
    if counts[one] == counts[other] then return one < other end
    return counts[one] > counts[other]
  end)
  return { unpack(names, 1, math.min(most, #names)) }
end

local time = now()
local times = {}
for hour = math.floor(time / 3600000) - 1, math.floor(time / 3600000) do
  for key, ms in pairs(cjson.decode(redis.call('HGET', series, 'k' .. hour) or '{}')) do
    times[key] = (times[key] or 0) + ms
  end
end

local function with_most_time(most)
  local names = {}
  for key in pairs(times) do names[#names + 1] = key end
  table.sort(names, function(one, other)
    if times[one] == times[other] then return one < other end
    return times[one] > times[other]
  end)
  return { unpack(names, 1, math.min(most, #names)) }
end

local names
if by == '' then
  names = { only }
elseif by == 'time' then
  names = with_most_time(tonumber(most))
elseif by == 'age' then
  names = redis.call('ZRANGE', keys_by_age, 0, most - 1)
else
  names = with_most(tonumber(most))
end

local reply = {}
for _, key in ipairs(names) do
  local later_at = redis.call('ZSCORE', later, key)
  local paused = redis.call('HGET', shape, 'paused_key:' .. key)
  if paused and paused ~= '' and tonumber(paused) <= time then paused = false end
  local values = {
    key,
    tostring(pending_of(key)),
    redis.call('ZSCORE', keys_by_age, key) or '',
    tostring((held_of(key))),
    later_at and later_at ~= 'inf' and later_at or '',
    paused and (paused == '' and 'inf' or paused) or '',
    times[key] and string.format('%.0f', times[key]) or '',
  }
  for _, value in ipairs(values) do reply[#reply + 1] = value end
end
return reply
