-- Messages of a consumer that are sent once. `onces` has, by the receipt of each that counts until it is done, the
-- length of the key, a colon, the key and the id: who acknowledges knows only the receipt.

-- These are held from now on: receipt, element, ...
local function hold_once(held_now)
  local fields, taken_now = {}, {}
  for i = 1, #held_now, 2 do
    local key, id, mode = once_of(held_now[i + 1])
    if mode == 'done' then
      fields[#fields + 1] = held_now[i]
      fields[#fields + 1] = #key .. ':' .. key .. id
    elseif mode then
      taken_now[#taken_now + 1] = key
      taken_now[#taken_now + 1] = id
    end
  end
  if fields[1] then redis.call('HSET', onces, unpack(fields)) end
  end_all(taken_now)
end

-- A message is held no longer, and waits again.
local function let_go_of_once(receipt, element)
  if once_of(element) then redis.call('HDEL', onces, receipt) end
end

-- A message is held no longer, and is gone.
local function end_held(receipt, element)
  let_go_of_once(receipt, element)
  end_once(element)
end

-- These are acknowledged: they count no longer.
local function end_acknowledged(whole, receipts)
  if redis.call('EXISTS', onces) == 0 then return end
  local all = { unpack(receipts) }
  for _, batch in ipairs(whole) do
    local first, count = batch:match('^(%d+):(%d+)$')
    for n = 0, count - 1 do all[#all + 1] = first + n end
  end
  local found, ended = redis.call('HMGET', onces, unpack(all)), {}
  redis.call('HDEL', onces, unpack(all))
  for n = 1, #all do
    if found[n] then
      ended[#ended + 1], ended[#ended + 2] = read_once(found[n])
    end
  end
  end_all(ended)
end
