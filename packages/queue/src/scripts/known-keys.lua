-- Which keys messages of the queue may be waited for in this list, although they belong to another partition by now: those of which
-- messages wait here, are held, or are on their way there.
--
-- rest  for each key: the key, the list of its partition
-- returns for each 1 or 0
local reply, on_their_way = {}, {}
for i = rest, #ARGV, 2 do
  local key, target = ARGV[i], ARGV[i + 1]
  if on_their_way[target] == nil then
    on_their_way[target] = redis.call('XLEN', outbox_prefix .. target) > 0
  end
  local is_known = on_their_way[target]
    or redis.call('EXISTS', key_prefix .. key, once_prefix .. key, throttle_prefix .. key) > 0
    or redis.call('HEXISTS', busy, key) == 1
    or redis.call('HEXISTS', once, key) == 1
    or redis.call('ZSCORE', debounced, key)
  reply[#reply + 1] = is_known and 1 or 0
end
return reply
