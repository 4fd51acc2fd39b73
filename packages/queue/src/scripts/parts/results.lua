-- Results of messages that are sent with `keepResultMs`: their headers have "result":<ms>, before all else that a producer
-- writes.

-- For how long the result of an element is kept, in ms, or nil.
local function kept_ms(element)
  if element:sub(1, 3) ~= '\0011{' then return nil end
  -- Most headers begin with what stands behind it.
  local begins = element:sub(4, 8)
  if begins == '"id":' or begins == '"flow' then return nil end
  local head = element:sub(4, 160)
  local at = head:match('^"attempt":%d+,()') or 1
  at = head:match('^"suspect":1,()', at) or at
  at = head:match('^"expires":%d+,()', at) or at
  return head:match('^"result":(%d+),', at)
end

-- How often it was delivered before.
local function kept_attempts(element)
  return tonumber(element:match('^\0011{"attempt":(%d+),') or 0)
end

local function id_of(element)
  -- To read the whole header takes longer.
  local _, _, text = read_envelope(element, '')
  local _, _, at = place_of(text)
  local id = id_at(text, at)
  if id and not id:find('\\', 1, true) then return id:sub(2, -2) end
  local header_end = element:find('\n', 1, true)
  local ok, fields = pcall(cjson.decode, element:sub(3, (header_end or 1) - 1))
  return ok and type(fields) == 'table' and type(fields.id) == 'string' and fields.id or nil
end

-- A notice has no more bytes of a value than this: who waits reads others.
local longest_noticed = 65536

-- Tell those who wait for a result. What has no field `state` is progress.
local function tell_waiters(id, said, value, waiters)
  waiters = waiters or redis.call('SMEMBERS', waiters_prefix .. id)
  if not waiters[1] then return end
  said.queue, said.id = list, id
  if value and #value > longest_noticed then said.large, value = 1, '' end
  local notice = cjson.encode(said) .. '\n' .. (value or '')
  for _, channel in ipairs(waiters) do redis.pcall('PUBLISH', channel, notice) end
end

-- A message is through: keep its result, if it asks for that.
--
-- field  'value', 'error', or nil if there is neither
--
-- Returns the key that it cannot keep it in, because that is of another type; else nil. So this comes before all else that a
-- script does with the message.
local function keep_result(element, state, attempt, field, value)
  local ms = kept_ms(element)
  local id = ms and id_of(element)
  if not id then return nil end
  local key = result_prefix .. id
  local waiters = try('SMEMBERS', waiters_prefix .. id)
  if not waiters then return waiters_prefix .. id end
  local fields = { 'state', state, 'attempt', attempt, field, field and value }
  local added = try('HSET', key, unpack(fields))
  if not added then return key end
  if added < #fields / 2 then
    -- One was kept before.
    if field ~= 'value' then redis.call('HDEL', key, 'value') end
    if field ~= 'error' then redis.call('HDEL', key, 'error') end
  end
  redis.call('PEXPIRE', key, ms)
  if not waiters[1] then return nil end
  tell_waiters(id, { state = state, attempt = attempt, field = field }, value, waiters)
  redis.call('DEL', waiters_prefix .. id)
end

local function keep_error(element, state, attempt, name, message, code)
  if not kept_ms(element) then return nil end
  return keep_result(element, state, attempt, 'error', cjson.encode({ name = name, message = message, code = code }))
end

-- A message is sent again: its former result is none any more.
local function forget_result(element)
  local id = kept_ms(element) and id_of(element)
  if id then redis.call('DEL', result_prefix .. id) end
end

-- The key of the result of a message, or of those who wait for it, if it is of another type; else nil.
local function wrong_result(element)
  local id = kept_ms(element) and id_of(element)
  if not id then return nil end
  if not try('SMEMBERS', waiters_prefix .. id) then return waiters_prefix .. id end
  if not try('HDEL', result_prefix .. id, '') then return result_prefix .. id end
end

-- An error for such a key, before anything is done that `keep_result` would come too late for.
local function check_result(element)
  if not wrong_result(element) then return end
  redis.call('SMEMBERS', waiters_prefix .. id_of(element))
  redis.call('HDEL', result_prefix .. id_of(element), '')
end
