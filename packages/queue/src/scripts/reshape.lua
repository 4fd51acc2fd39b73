-- Change what the queue has declared. Nothing happens where that changes nothing.
--
-- dropped  how many fields to delete
-- stamp    a field to set to the server's time, or ''
-- rest     the names of the fields to delete, then fields to set, each with its value
-- returns { the version, how many of the deleted fields were there }
shape_version()
local deleted = 0
if tonumber(dropped) > 0 then
  deleted = redis.call('HDEL', shape, unpack(ARGV, rest, rest - 1 + dropped))
end
if stamp ~= '' then redis.call('HSET', shape, stamp, now()) end
for i = rest + dropped, #ARGV, 2 do redis.call('HSET', shape, ARGV[i], ARGV[i + 1]) end

if deleted > 0 or stamp ~= '' or #ARGV >= rest + dropped then shape_changed() end
return { shape_version(), deleted }
