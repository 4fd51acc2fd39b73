-- The keys that are busy with what a consumer holds: `labels` says of each receipt what the virtual time of the key was
-- raised by, and the key. A batch has one label for all its messages: see label.lua.

-- The key that is busy with what is held under a receipt, or nil. An envelope that another client has pushed onto the
-- list was taken without a key, whatever its header says.
local function busy_key(receipt)
  local label = redis.call('HGET', labels, receipt)
  local key = label and read_label(label)
  return key ~= '' and key or nil
end

-- A message is held no longer: its key is free for the next one. Returns the key; nil for one without a label, for
-- which nothing happens.
local function free(receipt, ran_us, due)
  local label = redis.call('HGET', labels, receipt)
  if not label then return end
  redis.call('HDEL', labels, receipt)
  local key, charge = read_label(label)
  free_keys({ key }, { charge }, { ran_us }, due)
  end_runs({ label })
  return key
end

-- A message is held no longer, but it is among the suspects now: its key stays busy, or becomes so.
local function keep_busy(receipt, key)
  local label = redis.call('HGET', labels, receipt)
  redis.call('HDEL', labels, receipt)
  if not key or label and read_label(label) == key then return end
  -- Otherwise the lease that takes it would not note its key, which would be busy for ever.
  declare('keys')
  local count, time = held_of(key)
  if count > 0 then note_shared() end
  redis.call('HSET', busy, key, entry_of(count + 1, time or 0))
end
