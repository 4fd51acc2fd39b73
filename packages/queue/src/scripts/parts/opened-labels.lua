-- Where a batch is opened, its messages get labels of their own. Each script that opens batches uses this part.
when_opened[#when_opened + 1] = function(batch, first)
  local label = redis.call('HGET', labels, batch)
  if not label then return end
  local fields = {}
  add_labels(fields, first, read_batch_label(label), false)
  redis.call('HDEL', labels, batch)
  if fields[1] then redis.call('HSET', labels, unpack(fields)) end
end
