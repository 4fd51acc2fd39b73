-- The order of a batch of one key. Its messages are settled one by one, in any order, and each one that is put back has
-- to wait before those that were behind it in the batch. So the labels of these messages begin with the number of the
-- batch: "b17:key". When one of them was put back while others are still held, the field "b17" of `labels` has the
-- receipts of those that wait again, as they stand there, and a colon, so that it reads as the label of no key.

-- The field of the batch, and its key; nil for what is in no batch of one key.
local function read_batch_of_key(label)
  if label and label:sub(1, 1) == 'b' then return label:match('^(b%d+):(.*)$') end
end

local function batch_of_key(receipt)
  return read_batch_of_key(redis.call('HGET', labels, receipt))
end

-- What was held under a receipt was just put where it is the next of its key: those that were before it in its batch, and
-- wait again, come first.
local function keep_turn(receipt)
  local batch, key = batch_of_key(receipt)
  if not batch then return end
  local number, older, receipts = tonumber(receipt), 0, {}
  for other in (redis.call('HGET', labels, batch) or ''):gmatch('%d+') do
    receipts[#receipts + 1] = other
    if tonumber(other) < number then older = older + 1 end
  end
  if older > 0 then
    local front = redis.call('RPOP', key_prefix .. key, older + 1)
    redis.call('RPUSH', key_prefix .. key, front[1])
    for i = #front, 2, -1 do redis.call('RPUSH', key_prefix .. key, front[i]) end
  end
  table.insert(receipts, older + 1, receipt)
  redis.call('HSET', labels, batch, table.concat(receipts, ',') .. ':')
end

-- What had these labels is held no longer. Nothing is left of a batch of which nothing is held.
local function end_batches_of_keys(found)
  local looked_at = {}
  for n = 1, #found do
    local batch, key = read_batch_of_key(found[n])
    if batch and not looked_at[batch] then
      looked_at[batch] = true
      if redis.call('HEXISTS', busy, key) == 0 then redis.call('HDEL', labels, batch) end
    end
  end
end
