-- Look for a message among those that a consumer holds. The part of the script that acts defines `found_held`, which is
-- called for the message, and `found_brought` for one that a blocking move has brought: the server does not know its
-- receipt yet.
--
-- after  the receipt after which to go on, or ''
-- returns { 1, what `found_held` returned }, { 2, what `found_brought` returned }, or { 0, the receipt after which to go
--       on or '' }
local function search_batches()
  for _, batch in ipairs(redis.call('HKEYS', batches)) do
    local first, count = batch:match('^(%d+):(%d+)$')
    local number = id:sub(1, #consumer + 1) == consumer .. '-' and tonumber(id:sub(#consumer + 2)) or 0
    local packed = redis.call('HGET', batches, batch)
    local may_be_there = packed:find(id_json, 1, true) or packed:find('\\', 1, true)
    if may_be_there or number >= tonumber(first) and number < first + count then
      for n, element in ipairs(cmsgpack.unpack(packed)) do
        local receipt = string.format('%d', first + n - 1)
        if has_id(element, consumer .. '-' .. receipt) then return receipt, element end
      end
    end
  end
end

local function search_singles()
  local room = most_bytes
  for _, receipt in ipairs(held_receipts()) do
    if after == '' or tonumber(receipt) > tonumber(after) then
      local element = held(receipt)
      if has_id(element, consumer .. '-' .. receipt) then return receipt, element end
      room = room - #element
      if room < 0 then return nil, nil, receipt end
    end
  end
end

local receipt, element, go_on
if after == '' then receipt, element = search_batches() end
if not receipt then receipt, element, go_on = search_singles() end
if receipt then return { 1, found_held(receipt, element) } end
if go_on then return { 0, go_on } end
for _, brought in ipairs(redis.call('LRANGE', handoff, 0, -1)) do
  if has_id(brought) then return { 2, found_brought(brought) } end
end
return { 0, '' }
