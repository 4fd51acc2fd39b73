-- Small messages that were leased together are one field of a HASH, "<first receipt>:<how many>",
-- for as long as they are settled together: that costs Redis half of what a field for each does.

-- Give each its own field among the active ones. One batch after the other: each may be a mebibyte.
local function open_batches(batches, active)
  for _, batch in ipairs(redis.call('HKEYS', batches)) do
    local first = tonumber(batch:match('^%d+'))
    for n, element in ipairs(cmsgpack.unpack(redis.call('HGET', batches, batch))) do
      redis.call('HSET', active, first + n - 1, element)
    end
    redis.call('HDEL', batches, batch)
  end
end
