-- Where a batch is opened, its messages get labels of their own. Each script that opens batches uses this part.
when_opened[#when_opened + 1] = function(batch, first)
  local label = redis.call('HGET', labels, batch)
  if not label then return end
  local fields, of_batch = {}, read_batch_label(label)
  for i = 1, #of_batch, 2 do
    local key, time = of_batch[i], of_batch[i + 1]
    if key then
      fields[#fields + 1] = string.format('%d', first + (i - 1) / 2)
      fields[#fields + 1] = (key == '' and time or '') .. ':' .. key
    end
  end
  redis.call('HDEL', labels, batch)
  if fields[1] then redis.call('HSET', labels, unpack(fields)) end
end
