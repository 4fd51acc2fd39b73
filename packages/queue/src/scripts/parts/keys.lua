-- Messages with a key are handled one at a time for each key, in the order of their sends, and the keys share the time
-- of handlers. The states of a key:
--
-- - Unknown: no message of it waits or is held. Nothing is stored. Entered from `busy` when the last one is settled.
-- - Ready: messages wait, and fewer than its limit are held. It is in `ready` by its virtual time. Entered when a
--   message comes, when one that was held is settled, when its time in `later` has come, and when it is resumed. Left
--   by a lease that takes its next message.
-- - Later: messages wait, and none may be taken before some time: the next one has failed and waits for its next
--   attempt, or the key is paused. It is in `later` by that time. Left when it has come.
-- - Busy: as many messages as its limit are held, by consumers or among the suspects. Left when one is settled.
--
-- `busy` says of each key how many messages are held and what its virtual time is. `labels` of a consumer says of each
-- receipt which key it occupies, and is written and deleted together with `active`. So a key is busy only as long as a
-- consumer or the suspects have a message of it.
--
-- Virtual time is the time in ms that handlers have worked on a key, divided by its weight. A message is charged the
-- mean time when it is leased, and what it really took when it is settled. A key that was unknown begins at the
-- virtual time of what was taken last (`clock`), so that it gains nothing by having been idle. Messages without a key
-- count as one more key, '', which waits in the list.

local has_arrived = false
local key_rules_read

local function key_rules()
  if not key_rules_read then
    local most, weights, pauses = unpack(
      redis.call('HMGET', shape, 'key_concurrency', 'key_weights', 'key_pauses'))
    key_rules_read = { most = tonumber(most or 1), weights = weights, pauses = pauses }
  end
  return key_rules_read
end

local function weight_of(key)
  if not key_rules().weights then return 1 end
  return tonumber(redis.call('HGET', shape, 'weight:' .. key) or 1)
end

-- How many messages of a key are held, and its virtual time, if any are.
local function held_of(key)
  local entry = redis.call('HGET', busy, key)
  if not entry then return 0 end
  local count, time = entry:match('^(%d+):(.+)$')
  return tonumber(count), tonumber(time)
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

-- Messages of the key wait, and fewer than its limit are held.
local function make_ready(key, time)
  local paused_until = pause_of(key)
  if paused_until then
    redis.call('ZADD', later, paused_until, key)
    return
  end
  redis.call('ZADD', ready, time, key)
  has_arrived = true
end

-- No message of the key is taken before this time.
local function make_later(key, time)
  redis.call('ZREM', ready, key)
  redis.call('ZADD', later, time, key)
end

-- The virtual time of a key that was unknown: a little later than that of the one before, so that keys which come at
-- the same virtual time are taken in the order in which they have come.
local function new_time()
  return tonumber(redis.call('HINCRBYFLOAT', fair, 'clock', '0.001'))
end

-- Put elements of a key where they wait: LPUSH behind the others, RPUSH in front of them.
local function put_of_key(key, command, ...)
  declare('keys')
  local count = select('#', ...)
  redis.call(command, key_prefix .. key, ...)
  redis.call('HINCRBY', fair, 'pending', count)
  if tonumber(redis.call('ZINCRBY', keys_by_pending, count, key)) > count then return end
  redis.call('ZADD', keys_by_age, now(), key)
  local held_count, time = held_of(key)
  if held_count >= key_rules().most then return end
  make_ready(key, time or new_time())
end

-- One message of the key was taken from those that wait. Returns how many still do.
local function was_taken(key)
  local left = tonumber(redis.call('ZINCRBY', keys_by_pending, -1, key))
  if left > 0 then
    redis.call('ZADD', keys_by_age, now(), key)
  else
    redis.call('ZREM', keys_by_pending, key)
    redis.call('ZREM', keys_by_age, key)
  end
  return left
end

-- Nothing is left of any key: forget the virtual times.
local function forget_times()
  local pending, keyless = unpack(redis.call('HMGET', fair, 'pending', 'keyless'))
  if not keyless and tonumber(pending or 0) <= 0 then redis.call('DEL', fair) end
end

-- One message less of a key is held.
--
-- charge  what its virtual time was raised by
-- ran_ms  how long a handler had it; nil if that is not known
-- due     no message of the key is taken before this time; nil for no such time
local function free_key(key, charge, ran_ms, due)
  local owed = ran_ms and ran_ms / weight_of(key) - charge or 0
  if key == '' then
    if owed ~= 0 and redis.call('HEXISTS', fair, 'keyless') == 1 then
      redis.call('HINCRBYFLOAT', fair, 'keyless', string.format('%.3f', owed))
    end
    return
  end
  local count, time = held_of(key)
  if count == 0 then return end
  time = time + owed
  if count == 1 then
    redis.call('HDEL', busy, key)
  else
    redis.call('HSET', busy, key, count - 1 .. ':' .. time)
  end

  if due then return make_later(key, due) end
  if redis.call('ZSCORE', keys_by_pending, key) then
    if count <= key_rules().most and not redis.call('ZSCORE', later, key) then make_ready(key, time) end
  elseif count == 1 and redis.call('HLEN', busy) == 0 then
    forget_times()
  end
end

local function read_label(label)
  local charge, key = label:match('^([^:]*):(.*)$')
  return key, tonumber(charge) or 0
end

-- Messages wait where no blocking move sees them: tell the consumers that have found nothing.
local function tell_arrived()
  if has_arrived and redis.call('DEL', idle) == 1 then tell('returned') end
end
