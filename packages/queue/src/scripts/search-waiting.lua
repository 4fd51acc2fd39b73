-- Look for a message that waits, in one place after the other. One call looks at a limited number of messages, because all
-- other calls wait meanwhile. The part of the script that acts defines `found`, which is called for the message.
--
-- from  the end of the list that consumers of the queue read
-- at    where to go on in the first place, '' for its beginning
-- rest  places: kind, name, ...
-- returns { how many messages were looked at, 1, what `found` returned }, or { how many, 0, how many places are done,
--       where to go on in the next one }
local seen, bytes = 0, 0

local function note_seen(element)
  seen = seen + 1
  bytes = bytes + #element
end

local function is_spent()
  return seen >= 2000 or bytes >= most_bytes
end

-- Few at first, because they may be large.
local function wanted_now()
  return math.min(128, math.max(1, 3 * seen))
end

-- Look through a list. It changes between two calls, but only at its ends: so the ways to count below are such that an
-- element may come twice, but none is passed over.
--
-- way  from where `at` counts
local function search_list(kind, key, at, way)
  while true do
    local wanted = wanted_now()
    local step = way.range(key, at, wanted)
    for _, element in ipairs(step) do
      note_seen(element)
      if has_id(element) then
        local is_nearer = at <= redis.call('LLEN', key) / 2
        return true, found(kind, key, element, is_nearer == way.is_from_right)
      end
    end
    at = at + way.direction * #step
    if #step == 0 then return end
    if is_spent() then return false, string.format('%d', at) end
  end
end

-- How many of the elements that were there at first are left, those on the right: new ones come on the left, and others
-- are taken on the right.
local left_on_the_right = {
  is_from_right = true,
  direction = -1,
  range = function(key, at, count)
    count = math.min(count, at)
    if count == 0 then return {} end
    return redis.call('LRANGE', key, -at, -at + count - 1)
  end,
}
-- How many were looked at from the right, where nothing is put or taken.
local from_the_right = {
  is_from_right = true,
  direction = 1,
  range = function(key, at, count)
    return redis.call('LRANGE', key, -at - count, -at - 1)
  end,
}
-- How many were looked at from the left, where nothing is taken.
local from_the_left = {
  is_from_right = false,
  direction = 1,
  range = function(key, at, count)
    return redis.call('LRANGE', key, at, at + count - 1)
  end,
}

local function search_inbox(at)
  if from == 'LEFT' then return search_list('list', list, tonumber(at) or 0, from_the_right) end
  local length = redis.call('LLEN', list)
  return search_list('list', list, math.min(length, tonumber(at) or length), left_on_the_right)
end

local function search_returned(kind, key, at)
  return search_list(kind, key, tonumber(at) or 0, from_the_left)
end

-- The number in front of a delayed element: see delay.lua.
local function number_of(member)
  return tonumber(member:sub(1, 10)) or 0
end

-- `at` is the last due time, the number of the last element, and how many with this time were looked at.
local function search_delayed(at)
  local due, number, count = at:match('^(%S+) (%d+) (%d+)$')
  due, number, count = due or '-inf', tonumber(number or 0), tonumber(count or 0)
  -- Of those with this time, some may be gone.
  while count > 0 do
    local last = redis.call('ZRANGEBYSCORE', delayed, due, due, 'LIMIT', count - 1, 1)[1]
    if last and number_of(last) <= number then break end
    count = count - 1
  end
  while true do
    local wanted = wanted_now()
    local step = redis.call('ZRANGEBYSCORE', delayed, due, '+inf', 'WITHSCORES', 'LIMIT', count, wanted)
    for i = 1, #step, 2 do
      local member = step[i]
      note_seen(member)
      count = step[i + 1] == due and count + 1 or 1
      due, number = step[i + 1], number_of(member)
      local element = member:sub(11)
      if has_id(element) then return true, found('delayed', delayed, element, nil, member) end
    end
    if #step < 2 * wanted then return end
    if is_spent() then return false, string.format('%s %d %d', due, number, count) end
  end
end

local function search_debounced(at)
  local cursor, step = unpack(redis.call('HSCAN', debounced_firsts, at == '' and 0 or at, 'COUNT', 500))
  for i = 1, #step, 2 do
    note_seen(step[i + 1])
    if step[i + 1]:match('^%d+:%d+:(.*)$') == id_json then
      local element = redis.call('HGET', debounced_elements, step[i])
      if element then return true, found('debounced', debounced, element, nil, step[i]) end
    end
  end
  if cursor ~= '0' then return false, cursor end
end

local function search(kind, name, from_place)
  if kind == 'list' then return search_inbox(from_place) end
  if kind == 'delayed' then return search_delayed(from_place) end
  if kind == 'debounced' then return search_debounced(from_place) end
  if kind == 'suspects' then return search_returned('suspects', suspects_of_level(tonumber(name)), from_place) end
  if kind == 'level' then return search_returned('level', list_of_level(tonumber(name)), from_place) end
  return search_returned('key', key_prefix .. name, from_place)
end

local places_done = 0
for i = rest, #ARGV, 2 do
  local is_found, result = search(ARGV[i], ARGV[i + 1], at)
  if is_found then return { seen, 1, result } end
  if is_found == false then return { seen, 0, places_done, result } end
  places_done = places_done + 1
  at = ''
  -- A place costs something even if nothing is there.
  seen = seen + 1
  if is_spent() then break end
end
return { seen, 0, places_done, '' }
