-- The messages that a consumer holds. `active` has a field for each receipt. Small messages that were leased together are
-- one field of `batches`, "<first receipt>:<number of messages>", as long as they are settled together, because this costs
-- Redis half as much as a field for each. Only the functions in this part use these two keys.

-- Each is called with the field of each batch that is opened, and its first receipt.
local when_opened = {}

-- Hold elements under this receipt and the following ones; as one batch, if they are given packed.
local function hold(first, elements, packed)
  if packed then
    redis.call('HSET', batches, first .. ':' .. #elements, packed)
    return
  end
  local fields, receipt = {}, tonumber(first)
  for i = 1, #elements do fields[2 * i - 1], fields[2 * i] = receipt + i - 1, elements[i] end
  redis.call('HSET', active, unpack(fields))
end

-- Give each message of all batches a field of its own. One batch after the other, because each may be a mebibyte.
local function open_batches()
  for _, batch in ipairs(redis.call('HKEYS', batches)) do
    local first = batch:match('^%d+')
    hold(first, cmsgpack.unpack(redis.call('HGET', batches, batch)))
    redis.call('HDEL', batches, batch)
    for _, opened in ipairs(when_opened) do opened(batch, first) end
  end
end

-- How many bytes of elements were read since Lua was last told to free what is not used any more. A script that changes one large
-- element after the other makes copies of each, which Lua may keep until the script ends.
local read_bytes = 0

-- The element under a receipt, or false. This function and the following ones need open batches.
local function held(receipt)
  if read_bytes > 1048576 then
    collectgarbage()
    read_bytes = 0
  end
  local element = redis.call('HGET', active, receipt)
  read_bytes = read_bytes + (element and #element or 0)
  return element
end

-- The elements under some receipts, each or false.
local function held_under(receipts)
  return receipts[1] and redis.call('HMGET', active, unpack(receipts)) or {}
end

local function is_held(receipt)
  return redis.call('HEXISTS', active, receipt) == 1
end

-- The receipts of all held messages, oldest first.
local function held_receipts()
  local receipts = redis.call('HKEYS', active)
  table.sort(receipts, function(a, b) return tonumber(a) < tonumber(b) end)
  return receipts
end

local function let_go(receipt)
  redis.call('HDEL', active, receipt)
end

local function let_go_of(receipts)
  if receipts[1] then redis.call('HDEL', active, unpack(receipts)) end
end

local function let_go_of_all()
  redis.call('DEL', active)
end

-- Delete acknowledged messages, given as the fields of whole batches and as receipts. Returns how many were still held.
-- Batches need not be open.
local function acknowledge(whole, receipts)
  local acknowledged, singles = 0, receipts
  for _, batch in ipairs(whole) do
    local first, count = batch:match('^(%d+):(%d+)$')
    if redis.call('HDEL', batches, batch) == 1 then
      acknowledged = acknowledged + count
    else
      -- The batch was opened, or was acknowledged before.
      if singles == receipts then singles = { unpack(receipts) } end
      for n = 0, count - 1 do singles[#singles + 1] = first + n end
    end
  end
  if #singles == 0 then return acknowledged end

  local removed = redis.call('HDEL', active, unpack(singles))
  if removed < #singles then
    open_batches()
    removed = removed + redis.call('HDEL', active, unpack(singles))
  end
  return acknowledged + removed
end

-- Whether this is the field of a batch that is not open.
local function is_whole(batch)
  return redis.call('HEXISTS', batches, batch) == 1
end

-- Calls `does` with each element under some receipts, if it is held. Batches need not be open.
local function each_held(receipts, does)
  -- Some at a time, because each may be a mebibyte.
  for start = 1, #receipts, 100 do
    local some = { unpack(receipts, start, math.min(start + 99, #receipts)) }
    local elements, count = held_under(some), 0
    for n = 1, #some do
      if elements[n] then count = count + 1 end
    end
    if count < #some then
      open_batches()
      elements = held_under(some)
    end
    for n = 1, #some do
      if elements[n] then does(elements[n]) end
    end
  end
end

-- How many messages are held. Batches need not be open.
local function count_held()
  local count = redis.call('HLEN', active)
  for _, batch in ipairs(redis.call('HKEYS', batches)) do count = count + batch:match('%d+$') end
  return count
end
