-- Which keys messages of the queue may be waited for in this list, although they belong to another partition by now: those of which
-- messages wait here, are held, or are on their way there.
--
-- targets  how many lists there are to which messages may be on their way
-- rest     these lists, then the keys
-- returns for each key 1 or 0
local reply, is_any_on_its_way = {}, false
for i = rest, rest + targets - 1 do
  is_any_on_its_way = is_any_on_its_way or redis.call('XLEN', outbox_prefix .. ARGV[i]) > 0
end
for i = rest + targets, #ARGV do
  local key = ARGV[i]
  local is_known = is_any_on_its_way
    or redis.call('EXISTS', key_prefix .. key, once_prefix .. key, throttle_prefix .. key) > 0
    or redis.call('HEXISTS', busy, key) == 1
    or redis.call('HEXISTS', once, key) == 1
    or redis.call('ZSCORE', debounced, key)
  reply[#reply + 1] = is_known and 1 or 0
end
return reply
