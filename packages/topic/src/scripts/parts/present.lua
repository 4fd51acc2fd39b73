-- Make the stream, without a record, if it does not exist.
local function make_stream()
  if redis.call('EXISTS', stream) == 1 then return end
  redis.call('XGROUP', 'CREATE', stream, '~', 0, 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', stream, '~')
end
