-- Send messages that wait in the list, in their order. Some of them are sent once, until they are taken or done: these
-- are not sent if an earlier one is in their place. This script is sent as text with each call, so it is short; and it
-- makes the same few calls for any number of messages.
--
-- conditions  JSON: for each message the key that is sent once, or ''; and for each its id as it stands in the header
-- rest        the elements
-- returns { number, id, ... }: of each that was not sent its number, from 1 on, and the id of the earlier one
local keys, ids = unpack(cjson.decode(conditions))

-- All keys are read before anything is changed: an error for a key of another type means that nothing was sent.
redis.call('LLEN', list)
local earlier = earlier_once(keys)

local sent, counting, duplicates = {}, {}, {}
for n = 1, #keys do
  local key = keys[n]
  local id = earlier[key]
  if id then
    duplicates[#duplicates + 1], duplicates[#duplicates + 2] = n, id
  else
    sent[#sent + 1] = ARGV[rest + n - 1]
    if key ~= '' then
      earlier[key] = ids[n]
      counting[#counting + 1], counting[#counting + 2] = key, ids[n]
    end
  end
end

if counting[1] then
  declare('once')
  redis.call('HSET', once, unpack(counting))
end
if sent[1] then redis.call('LPUSH', list, unpack(sent)) end
return duplicates
