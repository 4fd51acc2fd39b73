-- Where messages of a queue with priorities or keys are taken from: the highest level first, and in level 4, beside
-- what has no key, the keys by their virtual times.
local pop = from == 'LEFT' and 'LPOP' or 'RPOP'
local has_levels, has_keys, aging_ms = unpack(redis.call('HMGET', shape, 'levels', 'keys', 'aging_ms'))
-- For each of the elements that were taken: its key, '' if it has none, and what its virtual time was raised by.
local taken_keys, charges = {}, {}
-- And the virtual time of a key of which nothing else is held; of messages without a key, the same as `charges`.
local taken_times = {}
-- How many messages of one key may be taken together, as a batch; and the number of the batch of each of the elements that
-- were taken so.
local most_of_key, batch_numbers = tonumber(per_key), {}
-- In how many ms the next key may be taken, if fewer came than were asked for.
local next_key_ms
-- How many keys are ready after this call.
local ready_keys

-- Take messages without a key, and label them.
local function take_keyless(count, with_list, charge)
  local before = #taken
  local is_cut = redis.call('LLEN', returned) > 0 and take_from(returned, 'RPOP', count, returned)
  is_cut = is_cut or with_list and take_from(list, pop, count, returned)
  if has_keys then
    for n = before + 1, #taken do taken_keys[n], charges[n], taken_times[n] = '', charge, charge end
  end
  return is_cut
end

-- Those whose time has come.
local function make_due_ready(time, clock)
  local due = redis.call('ZRANGEBYSCORE', later, '-inf', time, 'LIMIT', 0, 100)
  if not due[1] then return end
  redis.call('ZREM', later, unpack(due))
  local counts = redis.call('ZMSCORE', keys_by_age, unpack(due))
  local times = {}
  for n, key in ipairs(due) do
    local held_count, virtual = held_of(key)
    if counts[n] and held_count < key_rules().most then
      times[#times + 1] = virtual or clock
      times[#times + 1] = key
    end
  end
  make_ready(times)
end

local function is_marked(element)
  local _, suspect = read_envelope(element, '')
  return suspect
end

-- Take so many more messages of the key whose next one was just taken. Returns how many were taken, and whether the next
-- one did not fit.
local function take_more_of(key, wanted, may_be_marked)
  local before, waits = #taken, key_prefix .. key
  local is_cut = take_from(waits, 'RPOP', before + wanted, waits)
  local first_marked = may_be_marked and before + 1 or #taken + 1
  while taken[first_marked] and not is_marked(taken[first_marked]) do first_marked = first_marked + 1 end
  for n = #taken, first_marked, -1 do
    redis.call('RPUSH', waits, taken[n])
    room = room + #taken[n]
    taken[n] = nil
  end
  return #taken - before, is_cut
end

-- Take messages of level 4, each from the key with the least virtual time.
local function take_fairly(count, with_list)
  local time, most, rate = now(), key_rules().most, key_rules().rate
  local clock, keyless_time, mean, shared, has_marked =
    unpack(redis.call('HMGET', fair, 'clock', 'keyless', 'mean', 'shared', 'marked'))
  if most > 1 and not shared then note_shared() end
  shared = shared or most > 1
  -- A batch says of its keys that nothing else of them is held.
  if shared then as_batch = '0' end
  clock, mean = tonumber(clock or 0), tonumber(mean or 1000)
  make_due_ready(time, clock)

  local keyless = redis.call('LLEN', returned) + (with_list and redis.call('LLEN', list) or 0)
  keyless_time = tonumber(keyless_time or clock)
  -- The keys with the least virtual times, each before its time, and their entries in `busy`.
  local batch, at, entries, is_cut = {}, 1, {}, false
  -- What was taken from this batch.
  local keys, counts, occupied = {}, {}, {}
  -- From how many more keys something may be taken, each of which may have many messages.
  local keys_left = most_of_key > 1 and math.ceil((count - #taken) / most_of_key) or math.huge

  local function note_batch()
    for n = at, #batch, 2 do redis.call('ZADD', ready, batch[n + 1], batch[n]) end
    if keys[1] then
      were_taken(keys, counts)
      redis.call('HSET', busy, unpack(occupied))
      keys, counts, occupied = {}, {}, {}
    end
  end

  local function next_batch()
    note_batch()
    batch, at = redis.call('ZPOPMIN', ready, most == 1 and math.min(count - #taken, keys_left, 100) or 1), 1
    if not batch[1] then return end
    if not shared then return end
    local names = {}
    for n = 1, #batch, 2 do names[#names + 1] = batch[n] end
    entries = redis.call('HMGET', busy, unpack(names))
  end

  while #taken < count and not is_cut do
    if keys_left == 0 then
      is_cut = true
      break
    end
    if not batch[at] then next_batch() end
    local key = batch[at]
    local virtual = tonumber(batch[at + 1])

    if keyless > 0 and (not key or keyless_time <= virtual) then
      local run = key and math.floor((virtual - keyless_time) / mean) + 1 or count
      if most_of_key > 1 then run = most_of_key end
      local before = #taken
      is_cut = take_keyless(math.min(count, before + run), with_list, mean)
      local found = #taken - before
      if found > 0 then keys_left = keys_left - 1 end
      keyless = found == 0 and 0 or keyless - found
      clock = math.max(clock, keyless_time)
      keyless_time = keyless_time + found * mean
    elseif key then
      local held_count = shared and read_entry(entries[(at + 1) / 2]) or 0
      local limit = rate and held_count < most and key_rate_read(tonumber(slack_us), key)
      local due, again_ms = most_of_key
      if limit then due, again_ms = rate_due(limit) end
      -- The limit may have been lowered: then it is ready again when one of them is settled.
      local element = due > 0 and held_count < most and redis.call('RPOP', key_prefix .. key)
      if due == 0 then redis.call('ZADD', later, time + again_ms - 0.5, key) end
      if element and has_marked and is_marked(element) then
        -- Its turn has come: it comes alone.
        redis.call('LPUSH', suspects, element)
        keys[#keys + 1], counts[#counts + 1] = key, 1
        occupied[#occupied + 1] = key
        occupied[#occupied + 1] = entry_of(held_count + 1, virtual)
        tell('suspects')
        element = false
      end
      if element and #taken > 0 and #element > room then
        redis.call('RPUSH', key_prefix .. key, element)
        is_cut = true
      else
        at = at + 2
      end
      if element and not is_cut then
        room = room - #element
        taken[#taken + 1] = element
        local before, found = #taken - 1, 1
        if due > 1 and most_of_key > 1 and #taken < count then
          local wanted = math.min(due, most_of_key, count - before) - 1
          local more
          more, is_cut = take_more_of(key, wanted, has_marked)
          found = 1 + more
        end
        keys_left = keys_left - 1
        if limit then rate_grant(limit, found, 0) end
        clock = math.max(clock, virtual)
        keys[#keys + 1], counts[#counts + 1] = key, found
        occupied[#occupied + 1] = key
        if most == 1 then
          occupied[#occupied + 1] = (found == 1 and '1:' or found .. ':') .. batch[at - 1]
          for n = before + 1, #taken do
            taken_keys[n], charges[n], taken_times[n] = key, 0, virtual
            -- The first receipt may be that of a suspect, but this number is no other batch's.
            if found > 1 then batch_numbers[n] = first + before end
          end
        else
          local charge = share_of(key, mean)
          occupied[#occupied + 1] = entry_of(held_count + found, virtual + found * charge)
          for n = before + 1, #taken do taken_keys[n], charges[n] = key, charge end
          -- It may be the next one again.
          note_batch()
          if held_count + found < most and redis.call('ZSCORE', keys_by_age, key) then
            make_ready({ virtual + found * charge, key })
          end
        end
      end
    else
      break
    end
  end

  note_batch()
  if #taken > 0 then redis.call('HSET', fair, 'clock', clock) end
  if keyless > 0 then
    redis.call('HSET', fair, 'keyless', keyless_time)
  else
    redis.call('HDEL', fair, 'keyless')
  end

  if #taken == 0 and keyless == 0 then forget_times() end
  ready_keys = redis.call('ZCARD', ready)
  if #taken < count then
    local next_key = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')[2]
    if next_key and next_key ~= 'inf' then next_key_ms = math.max(0, math.ceil(next_key - now())) end
  end
  return is_cut
end

-- Since when the next message of a level has waited, or nil. A bare payload has no time.
local function waits_since(level)
  local since
  for _, key in ipairs(level == 4 and { returned, list } or { list_of_level(level) }) do
    local element = redis.call('LINDEX', key, -1)
    local sent = element and element:sub(1, 3) == '\0011{' and element:match('^[^\n]-"ts":(%d+)', 4)
    since = since or tonumber(sent)
  end
  if level ~= 4 or not has_keys then return since end
  local keyed = tonumber(redis.call('ZRANGE', keys_by_age, 0, 0, 'WITHSCORES')[2])
  return math.min(since or keyed or math.huge, keyed or math.huge)
end

-- The level whose next message has waited longest, if that is longer than `aging_ms`.
local function aged_level()
  if not aging_ms or not has_levels then return nil end
  local oldest, found = now() - aging_ms, nil
  for level = 9, 0, -1 do
    local since = waits_since(level)
    if since and since < oldest then oldest, found = since, level end
  end
  return found
end

-- Take messages of one level until there are `count`. Returns whether the next one did not fit.
local function take_of_level(level, count, with_list)
  local before, is_cut = #taken, false
  if level ~= 4 then
    local key = list_of_level(level)
    is_cut = redis.call('LLEN', key) > 0 and take_from(key, 'RPOP', count, key)
  elseif has_keys then
    is_cut = take_fairly(count, with_list)
  else
    is_cut = take_keyless(count, with_list)
  end
  return is_cut
end

-- Take elements, as many as fit into an answer, at least one. Returns them, and whether the next one did not fit.
local function take(count, with_list)
  -- An error for a key of another type, before anything is taken that would be lost then.
  redis.call('LLEN', list)
  write_before_growing('ZREM', consumers)
  local aged = #taken < count and aged_level()
  while aged do
    local before = #taken
    if take_of_level(aged, before + 1, with_list) then return taken, true end
    aged = #taken > before and #taken < count and aged_level()
  end
  for level = has_levels and 9 or 4, has_levels and 0 or 4, -1 do
    if #taken >= count then break end
    if take_of_level(level, count, with_list) then return taken, true end
  end
  if #taken < count then redis.call('SET', idle, 1, 'PX', 30000) end
  return taken, false
end

-- Where the next suspect waits.
local next_suspects

-- The highest level with a suspect, or nil.
local function level_of_suspects()
  for level = has_levels and 9 or 4, has_levels and 0 or 4, -1 do
    if redis.call('LLEN', suspects_of_level(level)) > 0 then return level end
  end
end

local function is_waiting(level)
  if redis.call('LLEN', list_of_level(level)) > 0 then return true end
  if level ~= 4 then return false end
  return redis.call('LLEN', list) + redis.call('ZCARD', ready) > 0
    or redis.call('ZCOUNT', later, '-inf', now()) > 0
end

-- Whether a suspect can be taken: the one of the highest level, unless messages of a higher level wait. Then the second
-- result is true.
local function finds_suspect()
  local level = level_of_suspects()
  if not level then return false end
  for higher = has_levels and 9 or 4, level + 1, -1 do
    if is_waiting(higher) then return false, true end
  end
  next_suspects = suspects_of_level(level)
  return true
end

local function take_suspect()
  return redis.call('RPOP', next_suspects)
end

-- Free the keys of what is done.
--
-- ran  how many µs each of them took, those of the batches first, separated by commas
local function free_acknowledged(whole, receipts, ran)
  if not has_keys then return end
  local all_rans, total = {}, 0
  for us in ran:gmatch('%d+') do
    us = tonumber(us)
    all_rans[#all_rans + 1] = us
    total = total + us
  end
  local at, singles, single_rans = 0, {}, {}
  local function add_single(receipt)
    at = at + 1
    singles[#singles + 1], single_rans[#singles + 1] = receipt, all_rans[at]
  end

  for _, batch in ipairs(whole) do
    local label = redis.call('HGET', labels, batch)
    local first, count = batch:match('^(%d+):(%d+)$')
    if label then
      redis.call('HDEL', labels, batch)
      free_batch(read_batch_label(label), all_rans, at + 1)
      at = at + count
    else
      -- It was opened, or never was one.
      for n = 0, count - 1 do add_single(string.format('%d', first + n)) end
    end
  end
  for _, receipt in ipairs(receipts) do add_single(receipt) end

  for start = 1, #singles, 1000 do
    local some = { unpack(singles, start, math.min(start + 999, #singles)) }
    local found = redis.call('HMGET', labels, unpack(some))
    redis.call('HDEL', labels, unpack(some))
    local keys, key_charges, rans = {}, {}, {}
    for n = 1, #some do
      if found[n] then
        local to = #keys + 1
        keys[to], key_charges[to] = read_label(found[n])
        rans[to] = single_rans[start + n - 1]
      end
    end
    free_keys(keys, key_charges, rans)
    if most_of_key > 1 then end_batches_of_keys(found) end
  end
  if at == 0 or redis.call('EXISTS', fair) == 0 then return end
  local mean = tonumber(redis.call('HGET', fair, 'mean') or 1000)
  local moved = mean + math.min(1, 0.05 * at) * (total / at - mean)
  redis.call('HSET', fair, 'mean', string.format('%.0f', math.max(1, moved)))
end

-- Say which keys are busy with what was leased, under the receipts from `first` on.
local function occupy(first, suspect, is_batch)
  if not has_keys then return end
  local fields = {}
  if suspect then
    local key = key_of(suspect)
    if key then fields = { first, '0:' .. key } end
    first = first + 1
  end
  if is_batch then
    local label = {}
    for n = 1, #taken do label[2 * n - 1], label[2 * n] = taken_keys[n] or false, taken_times[n] or 0 end
    fields[#fields + 1] = string.format('%d:%d', first, #taken)
    fields[#fields + 1] = cmsgpack.pack(label)
  else
    for n = 1, #taken do
      if taken_keys[n] then
        fields[#fields + 1] = string.format('%d', first + n - 1)
        local number = batch_numbers[n]
        fields[#fields + 1] = (number and string.format('b%d', number) or charges[n]) .. ':' .. taken_keys[n]
      end
    end
  end
  if fields[1] then redis.call('HSET', labels, unpack(fields)) end
end
