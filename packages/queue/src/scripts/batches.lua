-- Small messages that were leased together are one field of a HASH, "<first receipt>:<how many>",
-- for as long as they are settled together: that costs Redis half of what a field for each does.

-- Give each its own field among the active ones.
local function open_batches(batches, active)
  local fields = redis.call('HGETALL', batches)
  for i = 1, #fields, 2 do
    local first = tonumber(fields[i]:match('^%d+'))
    for n, element in ipairs(cmsgpack.unpack(fields[i + 1])) do
      redis.call('HSET', active, first + n - 1, element)
    end
  end
  redis.call('DEL', batches)
end
