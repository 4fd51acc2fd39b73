-- Messages of a consumer that are sent once. `onces` has those that count until they are done, because who acknowledges
-- knows only receipts: by the receipt, the length of the key, a colon, the key and the id; or for a batch, by its field in
-- `batches`, a MessagePack array of three arrays: the keys, the ids, and their places in the batch, from 0.

local function note_singly(first, keys, ids, places)
  local fields = {}
  for n = 1, #keys do
    fields[2 * n - 1] = string.format('%d', first + places[n])
    fields[2 * n] = #keys[n] .. ':' .. keys[n] .. ids[n]
  end
  redis.call('HSET', onces, unpack(fields))
end

when_opened[#when_opened + 1] = function(batch, first)
  local value = redis.call('HGET', onces, batch)
  if not value then return end
  note_singly(first, read_batch_once(value))
  redis.call('HDEL', onces, batch)
end

-- These are held from now on, under this receipt and the following ones; as one batch, if it is one.
local function hold_once(first, elements, is_batch)
  local keys, ids, places = {}, {}, {}
  local taken_keys, taken_ids = {}, {}
  for n = 1, #elements do
    local key, id, mode = once_of(elements[n])
    if mode == 'done' then
      local to = #keys + 1
      keys[to], ids[to], places[to] = key, id, n - 1
    elseif mode then
      local to = #taken_keys + 1
      taken_keys[to], taken_ids[to] = key, id
    end
  end
  if keys[1] and is_batch then
    redis.call('HSET', onces, first .. ':' .. #elements, cmsgpack.pack({ keys, ids, places }))
  elseif keys[1] then
    note_singly(first, keys, ids, places)
  end
  end_all(taken_keys, taken_ids)
end

-- A message is held no longer, and waits again.
local function let_go_of_once(receipt, element)
  if once_of(element) then redis.call('HDEL', onces, receipt) end
end

-- A message is held no longer, and is gone.
local function end_held(receipt, element)
  local key, id = once_of(element)
  if not key then return end
  redis.call('HDEL', onces, receipt)
  end_all({ key }, { id })
end

-- Those of whole batches that were not opened count no longer. Returns the receipts of the other batches.
local function end_batches(whole)
  if not whole[1] then return {} end
  local found, others = redis.call('HMGET', onces, unpack(whole)), {}
  redis.call('HDEL', onces, unpack(whole))
  for n, batch in ipairs(whole) do
    if found[n] then
      end_all(read_batch_once(found[n]))
    else
      local first, count = batch:match('^(%d+):(%d+)$')
      for at = 0, count - 1 do others[#others + 1] = string.format('%d', first + at) end
    end
  end
  return others
end

-- These are acknowledged: they count no longer.
local function end_acknowledged(whole, receipts)
  if redis.call('EXISTS', onces) == 0 then return end
  local singles = end_batches(whole)
  for n = 1, #receipts do singles[#singles + 1] = receipts[n] end
  if not singles[1] then return end
  local found = redis.call('HMGET', onces, unpack(singles))
  redis.call('HDEL', onces, unpack(singles))
  local keys, ids = {}, {}
  for n = 1, #singles do
    if found[n] then keys[#keys + 1], ids[#ids + 1] = read_once(found[n]) end
  end
  end_all(keys, ids)
end
