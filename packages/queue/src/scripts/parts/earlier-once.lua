-- By each of these keys that has one, the id of the earlier message in whose place no other one is sent: one that counts,
-- or has opened a window.
local function earlier_once(asked)
  local earlier, names = {}, {}
  if not asked[1] then return earlier end
  for n, key in ipairs(asked) do names[n] = once_prefix .. key end
  local counting, windows = redis.call('HMGET', once, unpack(asked)), redis.call('MGET', unpack(names))
  for n, key in ipairs(asked) do earlier[key] = counting[n] or windows[n] or nil end
  return earlier
end
