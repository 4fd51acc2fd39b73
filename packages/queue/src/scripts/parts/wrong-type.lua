-- Keys of another type. A script looks at those whose names it derives before it does what would be lost, or be done again by
-- the next call, and answers with the name of the key.

-- The reply of a command, or nil if its key is of another type.
local function try(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if reply.err:find('WRONGTYPE', 1, true) then return nil end
  -- Fails in the same way.
  return redis.call(...)
end

-- What the script returns then.
local function wrong_type(key)
  return redis.error_reply('WRONGTYPE ' .. key)
end
