-- Where a batch is opened, its messages get labels of their own. Each script that opens batches uses this part.
batch_opened = function(batch, first)
  local label = redis.call('HGET', labels, batch)
  if not label then return end
  local fields, keys, times = {}, read_batch_label(label)
  for n, key in ipairs(keys) do
    if key then
      fields[#fields + 1] = string.format('%d', first + n - 1)
      fields[#fields + 1] = (key == '' and times[n] or '') .. ':' .. key
    end
  end
  redis.call('HDEL', labels, batch)
  if fields[1] then redis.call('HSET', labels, unpack(fields)) end
end
