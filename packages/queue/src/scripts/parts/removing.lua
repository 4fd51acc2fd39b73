-- Remove messages from where they wait: see search-waiting.lua.

-- The key that this list is of, or nil.
local function key_of_list(list_key)
  if list_key:sub(1, #key_prefix) == key_prefix then return list_key:sub(#key_prefix + 1) end
end

-- A message of a key was removed from those that wait.
local function note_removed(key, was_next)
  local left = redis.call('LLEN', key_prefix .. key)
  note_shrunk(key, left + 1, left)
  redis.call('HINCRBY', fair, 'pending', -1)
  if left == 0 then
    redis.call('ZREM', keys_by_age, key)
    redis.call('ZREM', ready, key)
    redis.call('ZREM', later, key)
  elseif was_next then
    redis.call('ZADD', keys_by_age, now(), key)
    -- It has waited for its next attempt: that of the next one is no reason to wait.
    local at = tonumber(redis.call('ZSCORE', later, key))
    local held_count, time = held_of(key)
    if at and at % 1 ~= 0.5 and not pause_of(key) then
      redis.call('ZREM', later, key)
      -- While others of its run are held, the key is ready when these have ended.
      if held_count < key_rules().most then make_ready({ time or new_time(), key }) end
    end
  end
end

local function remove_from_list(kind, key, element, is_on_the_right)
  local was_next = kind == 'key' and redis.call('LINDEX', key, -1) == element
  redis.call('LREM', key, is_on_the_right and -1 or 1, element)
  if kind == 'key' then return note_removed(key_of_list(key), was_next) end
  local busy_with = kind == 'suspects' and key_of(element)
  if busy_with then free_keys({ busy_with }, { 0 }, {}) end
end

-- kind             the kind of the place
-- key              of Redis
-- is_on_the_right  whether it is in the right half of a list
-- member           of a delayed one, its member; of a debounced one, its key
local function remove(kind, key, element, is_on_the_right, member)
  if kind == 'delayed' then
    redis.call('ZREM', delayed, member)
  elseif kind == 'debounced' then
    redis.call('ZREM', debounced, member)
    redis.call('HDEL', debounced_firsts, member)
    redis.call('HDEL', debounced_elements, member)
  else
    remove_from_list(kind, key, element, is_on_the_right)
  end
  if redis.call('LLEN', list) + redis.call('LLEN', returned) == 0 then redis.call('HDEL', fair, 'keyless') end
  forget_times()
end
