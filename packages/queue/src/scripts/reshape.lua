-- Change what the queue has declared. Nothing happens where that changes nothing: fields that are gone already, and
-- fields that have these values.
--
-- dropped  how many fields to delete
-- stamp    a field to set to the server's time, or ''
-- rest     the names of the fields to delete, then fields to set, each with its value
-- returns { the version, how many of the deleted fields were there }
shape_version()
local was_limited, key_concurrency = unpack(redis.call('HMGET', shape, 'concurrency', 'key_concurrency'))
local function key_rate()
  return cjson.encode(redis.call('HMGET', shape, 'key_rate_max', 'key_rate_per_ms', 'key_rate_burst'))
end
local former_key_rate = key_rate()
local deleted = 0
if tonumber(dropped) > 0 then
  deleted = redis.call('HDEL', shape, unpack(ARGV, rest, rest - 1 + dropped))
end
local is_changed = deleted > 0 or stamp ~= ''
if stamp ~= '' then redis.call('HSET', shape, stamp, now()) end
for i = rest + dropped, #ARGV, 2 do
  if redis.call('HGET', shape, ARGV[i]) ~= ARGV[i + 1] then
    redis.call('HSET', shape, ARGV[i], ARGV[i + 1])
    is_changed = true
  end
end

if is_changed then
  -- Nobody writes how many each consumer holds where that is not limited.
  local is_limited = redis.call('HGET', shape, 'concurrency')
  if not (was_limited and is_limited) then redis.call('DEL', holders) end
  if redis.call('HGET', shape, 'key_concurrency') ~= key_concurrency then make_busy_keys_ready() end
  if key_rate() ~= former_key_rate then make_limited_keys_due() end
  shape_changed()
end
tell_arrived()
return { shape_version(), deleted }
