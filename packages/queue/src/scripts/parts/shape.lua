-- What the queue has declared: a hash whose version is another one after each change. A plain queue has none,
-- and its version is ''.

local function is_over(ends)
  return ends and tonumber(ends) <= now()
end

-- Returns the version. A pause whose time is up is ended by the first script that looks.
local function shape_version()
  local version, paused_ends, limited_ends =
    unpack(redis.call('HMGET', shape, 'version', 'paused_until', 'limited_until'))
  local is_pause_over, is_limit_over = is_over(paused_ends), is_over(limited_ends)
  if is_pause_over then redis.call('HDEL', shape, 'paused', 'paused_reason', 'paused_until') end
  if is_limit_over then redis.call('HDEL', shape, 'limited_until') end
  if is_pause_over or is_limit_over then
    shape_changed()
    version = redis.call('HGET', shape, 'version')
  end
  return version or ''
end
