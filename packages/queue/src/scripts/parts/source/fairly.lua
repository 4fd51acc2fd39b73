-- Messages of level 4, each time from the key with the least virtual time. Messages without a key are one more key.
--
-- per_key    how many messages of one key may be taken together, as a run
-- most_keys  from how many keys messages may be taken
local pop = from == 'LEFT' and 'LPOP' or 'RPOP'
local has_keys = redis.call('HGET', shape, 'keys')
-- The runs that the elements which were taken are, as the label of a batch says it: see label.lua.
local runs = {}
-- Whether more than one message of a key may be held.
local are_shared = false
-- In how many ms the next key may be taken, if fewer came than were asked for.
local next_key_ms
-- How many keys are ready after this call.
local ready_keys

-- The last elements that were taken are a run: so many of this key, '' if they have none, and false if their level has no
-- keys.
local function note_run(key, value, count)
  if not has_keys or count == 0 then return end
  local last = #runs
  if runs[last - 2] == key and runs[last - 1] == value and (key == '' or key == false) then
    runs[last] = runs[last] + count
  else
    runs[last + 1], runs[last + 2], runs[last + 3] = key, value, count
  end
end

local function take_keyless(count, with_list, charge)
  local before = #taken
  local is_cut = redis.call('LLEN', returned) > 0 and take_from(returned, 'RPOP', count, returned)
  is_cut = is_cut or with_list and take_from(list, pop, count, returned)
  note_run('', charge, #taken - before)
  return is_cut
end

local when_in_rate, wait_again, take_fairly
do
  local most_of_key, keys_left = tonumber(per_key), tonumber(most_keys)
  -- Whether a run is all that a handler gets at a time: then messages without a key come by runs, too.
  local are_batches = keys_left < tonumber(count)

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

  -- The last elements that were taken, from this one on, wait again.
  local function untake(first_untaken, waits)
    for n = #taken, first_untaken, -1 do
      redis.call('RPUSH', waits, taken[n])
      room = room + #taken[n]
      taken[n] = nil
    end
  end

  local function is_marked(element)
    local _, suspect = read_envelope(element, '')
    return suspect
  end

  -- A suspect comes alone. The elements that were taken end before the first one among those behind `before`: when that is the
  -- next one of its key, it is among the suspects now, and the result is true.
  local function end_before_suspect(before, waits)
    local first_marked = before + 1
    while taken[first_marked] and not is_marked(taken[first_marked]) do first_marked = first_marked + 1 end
    if not taken[first_marked] then return false end
    if first_marked > before + 1 then
      untake(first_marked, waits)
      return false
    end
    untake(first_marked + 1, waits)
    redis.call('LPUSH', suspects, taken[first_marked])
    room = room + #taken[first_marked]
    taken[first_marked] = nil
    tell('suspects')
    return true
  end

  -- The time of a key in `later` that has reached its rate.
  when_in_rate = function(again_ms)
    return now() + math.ceil(again_ms) - 0.5
  end

  -- A suspect, which was held, is the next message of its key again, which may start at that time.
  wait_again = function(key, element, may_start_at)
    put_of_key(key, 'RPUSH', element)
    redis.call('HSET', fair, 'marked', 1)
    local held_count, virtual = held_of(key)
    if held_count > 1 then
      redis.call('HSET', busy, key, entry_of(held_count - 1, virtual))
    else
      redis.call('HDEL', busy, key)
    end
    redis.call('ZREM', ready, key)
    -- It may wait for its next attempt: pause and rate are looked at after that.
    if not redis.call('ZSCORE', later, key) then redis.call('ZADD', later, may_start_at, key) end
  end

  -- Take messages until there are `count`. Returns whether the next one did not fit.
  take_fairly = function(count, with_list)
    local time, most, has_rate = now(), key_rules().most, key_rules().rate
    local clock, keyless_time, mean, shared, has_marked =
      unpack(redis.call('HMGET', fair, 'clock', 'keyless', 'mean', 'shared', 'marked'))
    if most > 1 and not shared then note_shared() end
    are_shared = are_shared or shared or most > 1
    -- The label of a batch says of its keys that nothing else of them is held.
    if are_shared then as_batch = '0' end
    clock, mean = tonumber(clock or 0), tonumber(mean or 1000)
    make_due_ready(time, clock)

    local keyless = redis.call('LLEN', returned) + (with_list and redis.call('LLEN', list) or 0)
    keyless_time = tonumber(keyless_time or clock)
    -- The keys with the least virtual times, each before its time, which of them is next, and their entries in `busy`.
    local batch, at, entries = {}, 1, {}
    -- The keys of this batch of which something was taken, how much, and what `busy` will say of them.
    local keys, counts, occupied = {}, {}, {}

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
      local wanted = math.min(math.ceil((count - #taken) / most_of_key), keys_left, 100)
      -- Where several messages of a key may be held, it may be the next one again.
      batch, at = redis.call('ZPOPMIN', ready, most == 1 and wanted or 1), 1
      if not are_shared or not batch[1] then return end
      local names = {}
      for n = 1, #batch, 2 do names[#names + 1] = batch[n] end
      entries = redis.call('HMGET', busy, unpack(names))
    end

    local function occupy_key(key, found, entry)
      keys[#keys + 1], counts[#counts + 1] = key, found
      occupied[#occupied + 1] = key
      occupied[#occupied + 1] = entry
    end

    -- Returns how many messages of the key were taken, and whether the next one did not fit.
    local function take_of_key(key, virtual, held_count)
      -- The limit may have been lowered: then it is ready again when one of them is settled.
      if held_count >= most then return 0 end
      local wanted = math.min(most_of_key, count - #taken)
      if has_rate and not try('HLEN', rate .. ':' .. key) then
        wrong_key = rate .. ':' .. key
        return 0, true
      end
      local limit = has_rate and key_rate_read(tonumber(slack_us), key)
      if limit then
        local due, again_ms = rate_due(limit)
        wanted = math.min(wanted, due)
        if due == 0 then
          redis.call('ZADD', later, when_in_rate(again_ms), key)
          return 0
        end
      end

      local before, waits = #taken, key_prefix .. key
      local is_cut = take_from(waits, 'RPOP', before + wanted, waits)
      if has_marked and end_before_suspect(before, waits) then
        occupy_key(key, 1, entry_of(held_count + 1, virtual))
        return 0, false
      end
      local found = #taken - before
      if found == 0 then return 0, is_cut end

      keys_left = keys_left - 1
      if limit then rate_grant(limit, found, first + with_suspect + before) end
      clock = math.max(clock, virtual)
      if most == 1 then
        occupy_key(key, found, found .. ':' .. virtual)
        note_run(key, are_shared and 0 or tonumber(virtual), found)
        return found, is_cut
      end
      local charge = share_of(key, mean)
      local raised = virtual + found * charge
      occupy_key(key, found, entry_of(held_count + found, raised))
      note_run(key, charge, found)
      note_batch()
      if held_count + found < most and redis.call('ZSCORE', keys_by_age, key) then make_ready({ raised, key }) end
      return found, is_cut
    end

    -- Take messages without a key, as long as these have the least virtual time. Returns whether the next one did not fit.
    local function take_run_of_keyless(next_time)
      local wanted = count
      if next_time then wanted = #taken + math.floor((next_time - keyless_time) / mean) + 1 end
      if are_batches then wanted = #taken + most_of_key end
      local before = #taken
      local is_cut = take_keyless(math.min(count, wanted), with_list, mean)
      local found = #taken - before
      if found > 0 then keys_left = keys_left - 1 end
      keyless = found == 0 and 0 or keyless - found
      clock = math.max(clock, keyless_time)
      keyless_time = keyless_time + found * mean
      return is_cut
    end

    local is_cut = false
    while #taken < count and not is_cut do
      if keys_left == 0 then
        is_cut = true
        break
      end
      if not batch[at] then next_batch() end
      local key, virtual = batch[at], batch[at + 1]
      local next_time = tonumber(virtual)
      if keyless > 0 and (not key or keyless_time <= next_time) then
        is_cut = take_run_of_keyless(next_time)
      elseif key then
        local held_count, found = are_shared and read_entry(entries[(at + 1) / 2]) or 0, nil
        at = at + 2
        found, is_cut = take_of_key(key, virtual, held_count)
        -- It is the next one still.
        if is_cut and found == 0 then at = at - 2 end
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
end
