-- Give up a consumer's lease, and put back whatever it still holds.
--
-- KEYS  list, active, handoff, suspects, consumers
-- ARGV  consumer, 'RPUSH' or 'LPUSH' (the end that is consumed), how long to remember it in ms
-- returns how many were put back
local list, active, handoff, suspects, consumers = unpack(KEYS)
local consumer, push, remember_ms = unpack(ARGV)

if redis.call('ZREM', consumers, consumer) == 0 then return 0 end
local elements = redis.call('HVALS', active)
for _, element in ipairs(redis.call('LRANGE', handoff, 0, -1)) do
  elements[#elements + 1] = element
end
for _, element in ipairs(elements) do give_back(element, list, suspects, push) end
redis.call('DEL', active, handoff)
-- A blocking move of its may still be under way: see recover.lua.
if remember_ms ~= '0' then
  redis.call('ZADD', consumers, now() + remember_ms, '~' .. consumer)
end
return #elements
