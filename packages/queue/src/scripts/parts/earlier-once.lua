-- By each of these keys that has one, the id of the earlier message in whose place no other one is sent: one that counts,
-- or has opened a window. No window is open where there is no `open_windows`.
local function earlier_once(asked)
  local earlier = {}
  local counting, windows = redis.call('HMGET', once, unpack(asked)), {}
  if redis.call('EXISTS', open_windows) == 1 then
    local names = {}
    for n = 1, #asked do names[n] = once_prefix .. asked[n] end
    windows = redis.call('MGET', unpack(names))
  end
  for n = 1, #asked do
    local id = counting[n] or windows[n]
    if id then earlier[asked[n]] = id end
  end
  return earlier
end
