-- Messages with a key are handled one at a time for each key, in the order of their sends, and the keys share the time
-- of handlers. The states of a key:
--
-- - Unknown: no message of it waits or is held. Nothing is stored. Entered from `busy` when the last one is settled.
-- - Ready: messages wait, and fewer than its limit are held. It is in `ready` by its virtual time. Entered when a
--   message comes, when one that was held is settled, when its time in `later` has come, and when it is resumed. Left
--   by a lease that takes its next message.
-- - Later: messages wait, and none may be taken before some time: the next one has failed and waits for its next
--   attempt, or the key is paused or has reached its rate. It is in `later` by that time: a quarter of a millisecond
--   earlier for the next attempt and half a millisecond for the rate, which tells the three apart. Left when it has come, or when there is another rate.
-- - Busy: as many messages as its limit are held, by consumers or among the suspects. Left when one is settled.
--
-- `busy` says of each key how many messages are held and what its virtual time is. `labels` of a consumer says of each
-- receipt which key it occupies, and is written and deleted together with `active`. So a key is busy only as long as a
-- consumer or the suspects have a message of it.
--
-- Virtual time is the time in µs that handlers have worked on a key, divided by its weight: a whole number, because
-- others are read and written more slowly. It is raised by what a
-- message really took when that is settled. Where more than one message may be held, it is raised by the mean time
-- before, when the message is leased, and what is settled is charged for the rest. A key that was unknown begins at the
-- virtual time of what was taken last (`clock`), so that it gains nothing by having been idle. Messages without a key
-- count as one more key, '', which waits in the list.

local has_arrived, has_declared_keys = false, false
-- How many messages with a key this script has put where they wait.
local keyed_put = 0
local key_rules_read

-- Of a key, `most` messages may be held, and `longest` may wait. `rate` is whether starts are limited.
local function key_rules()
  if not key_rules_read then
    local most, longest, weights, rate, pauses = unpack(redis.call('HMGET', shape,
      'key_concurrency', 'key_max_length', 'key_weights', 'key_rate_max', 'key_pauses'))
    key_rules_read = {
      most = tonumber(most or 1),
      longest = tonumber(longest),
      weights = weights and cjson.decode(weights),
      rate = rate,
      pauses = pauses,
    }
  end
  return key_rules_read
end

local function weight_of(key)
  local weights = key_rules().weights
  return weights and weights[key] or 1
end

-- What a time in µs counts for a key with a weight: a whole number, as all virtual times are.
local function share_of(key, us)
  return math.max(1, math.floor(us / weight_of(key) + 0.5))
end

-- True when no more messages of the key may wait.
local function is_full(key)
  local longest = key_rules().longest
  return longest and redis.call('LLEN', key_prefix .. key) >= longest
end

-- `keys_by_pending` has only keys of which at least this number of messages wait. Its score is the number of messages,
-- rounded down to a power of two: so most changes cost no write.
local least_noted = 16

-- The number of the messages of a key that wait has become one more.
local function note_grown(key, count)
  if count < least_noted then return end
  local _, exponent = math.frexp(count)
  if count == 2 ^ (exponent - 1) then redis.call('ZADD', keys_by_pending, count, key) end
end

-- It was `count`, and is `left`.
local function note_shrunk(key, count, left)
  if count < least_noted then return end
  local _, exponent = math.frexp(count)
  if left >= 2 ^ (exponent - 1) then return end
  if left < least_noted then
    redis.call('ZREM', keys_by_pending, key)
  else
    local _, left_exponent = math.frexp(left)
    redis.call('ZADD', keys_by_pending, 2 ^ (left_exponent - 1), key)
  end
end

-- How many messages of a key are held, and its virtual time, as its entry in `busy` says.
local function read_entry(entry)
  if not entry then return 0 end
  -- Mostly it is one, and a pattern costs more.
  if entry:sub(1, 2) == '1:' then return 1, tonumber(entry:sub(3)) end
  local count, time = entry:match('^(%d+):(.+)$')
  return tonumber(count), tonumber(time)
end

local function entry_of(count, time)
  return string.format('%d:%.0f', count, time)
end

local function held_of(key)
  return read_entry(redis.call('HGET', busy, key))
end

-- From now on, more than one message of a key may be held, and a key of which one is held may be ready, until all times
-- are forgotten.
local function note_shared()
  redis.call('HSET', fair, 'shared', 1)
end

local function forget_pause(key)
  redis.call('HDEL', shape, 'paused_key:' .. key)
  if redis.call('HINCRBY', shape, 'key_pauses', -1) <= 0 then redis.call('HDEL', shape, 'key_pauses') end
  key_rules_read = nil
end

-- Until when a key is paused, or nil.
local function pause_of(key)
  if not key_rules().pauses then return nil end
  local ends = redis.call('HGET', shape, 'paused_key:' .. key)
  if not ends then return nil end
  if ends == '' then return '+inf' end
  if tonumber(ends) > now() then return ends end
  forget_pause(key)
end

-- Whether a key waits for the end of this pause, and not until its next message may have another attempt.
local function waits_until(key, ends)
  local at = redis.call('ZSCORE', later, key)
  return at and (at == 'inf' or at == ends)
end

-- Messages of these keys wait, and fewer than the limit of each are held.
--
-- times  virtual time, key, ...
local function make_ready(times)
  if key_rules().pauses then
    local going = {}
    for i = 1, #times, 2 do
      local time, key = times[i], times[i + 1]
      local paused_until = pause_of(key)
      if paused_until then
        redis.call('ZADD', later, paused_until, key)
      else
        going[#going + 1] = time
        going[#going + 1] = key
      end
    end
    times = going
  end
  if not times[1] then return end
  redis.call('ZADD', ready, unpack(times))
  has_arrived = true
end

-- The virtual time of a key that was unknown: a little later than that of the one before, so that keys which come at
-- the same virtual time are taken in the order in which they have come.
local function new_time()
  return redis.call('HINCRBY', fair, 'clock', 1)
end

-- Put an element of a key where it waits: LPUSH behind the others, RPUSH in front of them.
local function put_of_key(key, command, element)
  if not has_declared_keys then
    declare('keys')
    has_declared_keys = true
  end
  local count = redis.call(command, key_prefix .. key, element)
  keyed_put = keyed_put + 1
  note_grown(key, count)
  if count > 1 then return end
  redis.call('ZADD', keys_by_age, now(), key)
  local held_count, time = held_of(key)
  if held_count < key_rules().most then make_ready({ time or new_time(), key }) end
end

-- So many messages of each of these keys were taken from those that wait.
local function were_taken(keys, counts)
  local since, emptied, time, sum = {}, {}, now(), 0
  -- Redis writes a number more slowly.
  time = string.format('%.0f', time)
  for n = 1, #keys do
    local key = keys[n]
    local left = redis.call('LLEN', key_prefix .. key)
    note_shrunk(key, left + counts[n], left)
    sum = sum + counts[n]
    if left > 0 then
      local at = #since
      since[at + 1], since[at + 2] = time, key
    else
      emptied[#emptied + 1] = key
    end
  end
  if since[1] then redis.call('ZADD', keys_by_age, unpack(since)) end
  if emptied[1] then redis.call('ZREM', keys_by_age, unpack(emptied)) end
  redis.call('HINCRBY', fair, 'pending', -sum)
end

-- Forget the virtual times where no message of any key waits or is held.
local function forget_times()
  if redis.call('EXISTS', busy) == 1 then return end
  local pending, keyless = unpack(redis.call('HMGET', fair, 'pending', 'keyless'))
  if not keyless and tonumber(pending or 0) + keyed_put <= 0 then redis.call('DEL', fair) end
end

local function raise_keyless(us)
  if us ~= 0 and redis.call('HEXISTS', fair, 'keyless') == 1 then
    redis.call('HINCRBY', fair, 'keyless', us)
  end
end

-- Messages are held no longer.
--
-- keys     the key of each
-- charges  what the virtual time of each was raised by
-- rans     how long a handler had each, in µs, at least 1; nil if that is not known
-- due      before which time no message of these keys is taken; nil for no such time
local function free_keys(keys, charges, rans, due)
  local names, places, freed, owed = {}, {}, {}, {}
  local keyless_owes, has_weights = 0, key_rules().weights
  for n = 1, #keys do
    local key, ran_us = keys[n], rans[n]
    local owes = 0
    if ran_us then owes = (has_weights and share_of(key, ran_us) or ran_us) - charges[n] end
    local place = places[key]
    if key == '' then
      keyless_owes = keyless_owes + owes
    elseif place then
      freed[place], owed[place] = freed[place] + 1, owed[place] + owes
    else
      place = #names + 1
      names[place], places[key], freed[place], owed[place] = key, place, 1, owes
    end
  end
  raise_keyless(keyless_owes)
  if not names[1] then return end

  local most = key_rules().most
  local entries = redis.call('HMGET', busy, unpack(names))
  local waiting_counts = redis.call('ZMSCORE', keys_by_age, unpack(names))
  -- Of a key that waits there, others may still be held: more than one could be, when these were leased.
  local later_times = redis.call('ZMSCORE', later, unpack(names))
  local idle_keys, still_busy, times = {}, {}, {}
  for n = 1, #names do
    local key, count, time = names[n], read_entry(entries[n])
    if count > 0 then
      count, time = count - freed[n], time + owed[n]
      if count <= 0 then
        idle_keys[#idle_keys + 1] = key
      else
        still_busy[#still_busy + 1] = key
        still_busy[#still_busy + 1] = entry_of(count, time)
      end
      if due then
        redis.call('ZREM', ready, key)
        -- Others of the key may have failed before, and wait longer. A pause or a rate is looked at when that is over.
        local next_attempt, other = due - 0.25, tonumber(later_times[n] or 0)
        if other % 1 == 0.75 then next_attempt = math.max(next_attempt, other) end
        redis.call('ZADD', later, next_attempt, key)
      elseif waiting_counts[n] and count < most and not later_times[n] then
        local at = #times
        times[at + 1], times[at + 2] = time, key
      end
    end
  end
  if idle_keys[1] then redis.call('HDEL', busy, unpack(idle_keys)) end
  if still_busy[1] then redis.call('HSET', busy, unpack(still_busy)) end
  if times[1] then
    make_ready(times)
  elseif idle_keys[1] then
    forget_times()
  end
end

-- The messages of a batch are held no longer. Of each key in it no other message is held, so that its virtual time is
-- that of its label: mostly so, and then many steps of `free_keys` are not needed.
--
-- of_batch  what the label of the batch says: see label.lua
-- rans      how long handlers had each run, in µs
local function free_batch(of_batch, rans)
  if redis.call('HEXISTS', fair, 'shared') == 1 then
    local keys, charges, rans_of_batch = {}, {}, {}
    for i = 1, #of_batch, 3 do
      local key = of_batch[i]
      for nth = 1, key and of_batch[i + 2] or 0 do
        local n = #keys + 1
        keys[n], charges[n] = key, key == '' and of_batch[i + 1] or 0
        rans_of_batch[n] = nth == 1 and rans[(i + 2) / 3] or 0
      end
    end
    return free_keys(keys, charges, rans_of_batch)
  end
  local has_weights, keyless_owes = key_rules().weights, 0
  local names, raised, count = {}, {}, 0
  for i = 1, #of_batch, 3 do
    local key, ran_us = of_batch[i], rans[(i + 2) / 3]
    if has_weights and key then ran_us = share_of(key, ran_us) end
    if key == '' then
      keyless_owes = keyless_owes + ran_us - of_batch[i + 1] * of_batch[i + 2]
    elseif key then
      count = count + 1
      names[count], raised[count] = key, of_batch[i + 1] + ran_us
    end
  end
  raise_keyless(keyless_owes)
  if count == 0 then return end

  redis.call('HDEL', busy, unpack(names))
  local waiting_counts = redis.call('ZMSCORE', keys_by_age, unpack(names))
  local later_times = redis.call('EXISTS', later) == 1 and redis.call('ZMSCORE', later, unpack(names)) or {}
  local ready_now, last = {}, 0
  for n = 1, count do
    if waiting_counts[n] and not later_times[n] then
      ready_now[last + 1], ready_now[last + 2] = string.format('%d', raised[n]), names[n]
      last = last + 2
    end
  end
  if last > 0 then make_ready(ready_now) else forget_times() end
end

-- More messages of a key may be held than before.
local function make_busy_keys_ready()
  local entries, times = redis.call('HGETALL', busy), {}
  for i = 1, #entries, 2 do
    local key, count, time = entries[i], read_entry(entries[i + 1])
    local waits = redis.call('ZSCORE', keys_by_age, key) and not redis.call('ZSCORE', later, key)
    if waits and count < key_rules().most then
      times[#times + 1] = time
      times[#times + 1] = key
    end
  end
  -- From now on a key of which one is held may be ready, also one to which messages come later: see `free_batch`, and the
  -- limit may be lowered before the next lease.
  if entries[1] then note_shared() end
  if times[1] then make_ready(times) end
end

-- The rate of the keys is another one: the next lease looks at those that have reached the former one.
local function make_limited_keys_due()
  local time, others = string.format('%.0f', now()), 0
  repeat
    local found = redis.call(
      'ZRANGEBYSCORE', later, '(' .. time, '(inf', 'WITHSCORES', 'LIMIT', others, 1000)
    local limited = {}
    for i = 1, #found, 2 do
      if found[i + 1] % 1 == 0.5 then
        limited[#limited + 1] = time
        limited[#limited + 1] = found[i]
      end
    end
    if limited[1] then redis.call('ZADD', later, unpack(limited)) end
    others = others + (#found - #limited) / 2
  until not found[1]
end

-- The last step of a script that may have put messages where they wait. It tells the consumers that have found
-- nothing, because no blocking move sees these messages.
local function tell_arrived()
  if keyed_put > 0 then redis.call('HINCRBY', fair, 'pending', keyed_put) end
  if has_arrived and redis.call('DEL', idle) == 1 then tell('returned') end
end
