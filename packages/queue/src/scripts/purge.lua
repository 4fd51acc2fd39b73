-- Delete all messages that wait; those with a key for a number of keys at a time. Of those that are sent once, only
-- those count from then on that a consumer has.
--
-- most  how many keys at most
-- returns { pending, delayed, 1 if there are more keys }: how many messages were deleted
-- Read before anything is deleted: an error for a key of another type means that nothing was.
local all_consumers = redis.call('ZRANGE', consumers, 0, -1)
local keyed_before = tonumber(redis.call('HGET', fair, 'pending') or 0)
local counts, sum, delayed_count = waiting()
local had_suspects = false
for level in pairs(counts) do
  had_suspects = redis.call('UNLINK', suspects_of_level(level)) == 1 or had_suspects
  redis.call('UNLINK', list_of_level(level))
end
redis.call('UNLINK', list, delayed, debounced, debounced_firsts, debounced_elements)
local keyed, has_more = forget_keys(tonumber(most))

if had_suspects and redis.call('EXISTS', busy) == 1 then
  -- From now on only what consumers hold keeps a key busy.
  local held_counts = {}
  for _, member in ipairs(all_consumers) do
    local entries = redis.call('HGETALL', labels_prefix .. member:gsub('^~', ''))
    for i = 1, #entries, 2 do
      local is_batch, label = entries[i]:find(':', 1, true), entries[i + 1]
      local runs = is_batch and read_batch_label(label) or { (read_label(label)), 0, 1 }
      for n = 1, #runs, 3 do
        local key = runs[n]
        held_counts[key] = (held_counts[key] or 0) + runs[n + 2]
      end
    end
  end
  local entries = redis.call('HGETALL', busy)
  for i = 1, #entries, 2 do
    local key, time = entries[i], entries[i + 1]:match(':(.+)$')
    if held_counts[key] then
      redis.call('HSET', busy, key, held_counts[key] .. ':' .. time)
    else
      redis.call('HDEL', busy, key)
    end
  end
end
redis.call('HDEL', fair, 'keyless')
forget_times()

if redis.call('EXISTS', once) == 1 then
  local counting = {}
  local function keep(key, id)
    if key and redis.call('HGET', once, key) == id then
      counting[#counting + 1] = key
      counting[#counting + 1] = id
    end
  end
  for _, member in ipairs(all_consumers) do
    local consumer = member:gsub('^~', '')
    local fields = redis.call('HGETALL', onces_prefix .. consumer)
    for i = 1, #fields, 2 do
      if fields[i]:find(':', 1, true) then
        local keys, ids = read_batch_once(fields[i + 1])
        for n = 1, #keys do keep(keys[n], ids[n]) end
      else
        keep(read_once(fields[i + 1]))
      end
    end
    -- What a blocking move has brought counts until a lease holds it.
    for _, element in ipairs(redis.call('LRANGE', handoff_prefix .. consumer, 0, -1)) do keep(once_of(element)) end
  end
  redis.call('UNLINK', once)
  for i = 1, #counting, 2 do redis.call('HSET', once, counting[i], counting[i + 1]) end
end
-- Of those members of flows that are left, consumers have some; the others are deleted now.
if not has_more and redis.call('EXISTS', members) == 1 then
  local held_of = {}
  local function count_held_member(element)
    local flow = flow_of(element)
    if flow then held_of[flow] = (held_of[flow] or 0) + 1 end
  end
  for _, member in ipairs(all_consumers) do
    local consumer = member:gsub('^~', '')
    for _, element in ipairs(redis.call('HVALS', active_prefix .. consumer)) do count_held_member(element) end
    for _, batch in ipairs(redis.call('HVALS', batches_prefix .. consumer)) do
      for _, element in ipairs(cmsgpack.unpack(batch)) do count_held_member(element) end
    end
    for _, element in ipairs(redis.call('LRANGE', handoff_prefix .. consumer, 0, -1)) do count_held_member(element) end
  end
  local here = redis.call('HGETALL', members)
  for i = 1, #here, 2 do
    local deleted_members = here[i + 1] - (held_of[here[i]] or 0)
    if deleted_members > 0 then post_ending(here[i], { 0, 0, 0, deleted_members }, {}) end
  end
end
return { sum - keyed_before + keyed, delayed_count, has_more and 1 or 0 }
