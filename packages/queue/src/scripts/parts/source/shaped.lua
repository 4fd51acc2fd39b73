-- Where messages of a queue with priorities or keys are taken from: the highest level first, and in level 4, beside
-- what has no key, the keys by their virtual times.
--
-- (In a block, because Lua has at most 200 local variables at a time, and the scripts that use this part are near that.)
local take, finds_suspect, take_suspect, free_acknowledged, occupy, runs_taken
do
  local has_levels, aging_ms = unpack(redis.call('HMGET', shape, 'levels', 'aging_ms'))

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
      note_run(false, 0, #taken - before)
    elseif has_keys then
      is_cut = take_fairly(count, with_list)
    else
      is_cut = take_keyless(count, with_list)
    end
    return is_cut
  end

  -- The rate of the key of the next suspect, if it has one.
  local suspect_limit

  -- Take elements, as many as fit into an answer, at least one. Returns them, and whether the next one did not fit.
  take = function(count, with_list)
    -- An error for a key of another type, before anything is taken that would be lost then.
    redis.call('LLEN', list)
    redis.call('LLEN', returned)
    if has_levels then
      for level = 0, 9 do redis.call('LLEN', list_of_level(level)) end
    end
    write_before_growing('ZREM', consumers)
    if suspect_limit and with_suspect == '1' then rate_grant(suspect_limit, 1, first) end
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

  -- When the key of the next suspect is paused or has reached its rate, the suspect is the next message of its key again, so
  -- that it waits like all others of it. Returns whether that is so.
  local function puts_suspect_off()
    suspect_limit = nil
    local rules = key_rules()
    local key = (rules.rate or rules.pauses) and key_of(redis.call('LINDEX', suspects, -1))
    if not key then return false end
    local may_start_at = pause_of(key)
    local limit = not may_start_at and rules.rate and key_rate_read(tonumber(slack_us), key)
    if limit then
      local due, again_ms = rate_due(limit)
      if due == 0 then may_start_at = when_in_rate(again_ms) end
    end
    if may_start_at then
      -- Removed last: where it cannot wait, it stays.
      wait_again(key, redis.call('LINDEX', suspects, -1), may_start_at)
      redis.call('RPOP', suspects)
      return true
    end
    suspect_limit = limit
    return false
  end

  -- Whether a suspect can be taken: the one of the highest level, unless messages of a higher level wait. Then the second
  -- result is true.
  finds_suspect = function()
    local level
    repeat
      level = level_of_suspects()
      if not level then return false end
      for higher = has_levels and 9 or 4, level + 1, -1 do
        if is_waiting(higher) then return false, true end
      end
    until level ~= 4 or not has_keys or not puts_suspect_off()
    next_suspects = suspects_of_level(level)
    return true
  end

  take_suspect = function()
    return redis.call('RPOP', next_suspects)
  end

  -- Free the keys of what is done.
  --
  -- ran  JSON: of each batch how many µs each of its runs took, then of the others how many µs each took
  free_acknowledged = function(whole, receipts, ran)
    if not has_keys then return end
    local rans, total, settled = cjson.decode(ran), 0, 0
    local singles, single_rans = {}, {}
    local function add_single(receipt, us)
      singles[#singles + 1], single_rans[#singles + 1] = receipt, us
    end
    local function sum_of(list)
      local sum = 0
      for n = 1, #list do sum = sum + list[n] end
      return sum
    end

    for n, batch in ipairs(whole) do
      local label, of_batch = redis.call('HGET', labels, batch), sum_of(rans[n])
      local first, count = batch:match('^(%d+):(%d+)$')
      total, settled = total + of_batch, settled + count
      if label then
        redis.call('HDEL', labels, batch)
        free_batch(read_batch_label(label), rans[n])
      else
        -- It was opened, or never was one: what each of them took is not known any more.
        local us = math.floor(of_batch / count)
        for other = 0, count - 1 do add_single(string.format('%d', first + other), us) end
      end
    end
    local of_singles = rans[#whole + 1]
    for n, receipt in ipairs(receipts) do add_single(receipt, of_singles[n]) end
    total, settled = total + sum_of(of_singles), settled + #receipts

    for start = 1, #singles, 1000 do
      local some = { unpack(singles, start, math.min(start + 999, #singles)) }
      local found = redis.call('HMGET', labels, unpack(some))
      redis.call('HDEL', labels, unpack(some))
      local keys, key_charges, some_rans = {}, {}, {}
      for n = 1, #some do
        if found[n] then
          local to = #keys + 1
          keys[to], key_charges[to] = read_label(found[n])
          some_rans[to] = single_rans[start + n - 1]
        end
      end
      free_keys(keys, key_charges, some_rans)
      end_runs(found)
    end
    if settled == 0 or redis.call('EXISTS', fair) == 0 then return end
    local mean = tonumber(redis.call('HGET', fair, 'mean') or 1000)
    local moved = mean + math.min(1, 0.05 * settled) * (total / settled - mean)
    redis.call('HSET', fair, 'mean', string.format('%.0f', math.max(1, moved)))
  end

  -- Say which keys are busy with what was leased, under the receipts from `first` on.
  occupy = function(first, suspect, is_batch)
    if not has_keys then return end
    local fields = {}
    if suspect then
      local key = key_of(suspect)
      if key then fields = { first, '0:' .. key } end
      first = first + 1
    end
    if is_batch then
      fields[#fields + 1] = string.format('%d:%d', first, #taken)
      fields[#fields + 1] = cmsgpack.pack(runs)
    else
      add_labels(fields, first, runs, are_shared)
    end
    if fields[1] then redis.call('HSET', labels, unpack(fields)) end
  end

  -- Which of the elements are of one key, for the consumer; nil if each of them may be handled at once.
  runs_taken = function()
    if not has_keys or #runs == 3 * #taken then return nil end
    local counts = {}
    for i = 1, #runs, 3 do
      local has_key = runs[i] and runs[i] ~= ''
      counts[#counts + 1] = has_key and runs[i + 2] or -runs[i + 2]
    end
    return counts
  end
end
