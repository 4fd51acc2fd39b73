-- Send messages in their order, some of which are not sent if an earlier one is in their place.
--
-- conditions  JSON: for each message false, or { word, key, id as it stands in the header, ms, most ms, 'first' }:
--             - 'taken', 'done': unless one with this key counts, until that is taken or done
--             - 'once', 'throttle': unless one with this key was sent in the last `ms`
--             - 'debounce': when none with this key has come for `ms`, at the latest `most ms` after the first. Those
--               that come meanwhile replace its body, unless the first one's is kept
-- limit       how many messages may wait, or ''
-- drops       1 if a message that does not fit replaces the oldest one of the list, if there is one
-- returns { how many others were dropped, how many wait now or 0 where that is not limited, for each message a text,
--         ... }: 's' if it was sent, 'f' if it did not fit, 'k' if its key is full, 'd' and the id of the earlier one if it is a duplicate, 'r'
--         and the id of the earlier one if that was replaced. Neither of these two needs room
local most = tonumber(limit)
local conditions_of = cjson.decode(conditions)
local window_prefixes = { once = once_prefix, throttle = throttle_prefix }

-- All keys are read before anything is changed: an error for a key of another type means that nothing was sent.
redis.call('LLEN', list)
if drops == '1' then check_dropping(true) end
redis.call('HLEN', shape)
redis.call('HLEN', once)
redis.call('HLEN', debounced_firsts)
redis.call('HLEN', debounced_elements)
for n = 1, given do
  local word, key = unpack(conditions_of[n] or {})
  if window_prefixes[word] then redis.call('GET', window_prefixes[word] .. key) end
end
check_places(given)
local count, dropped = 0, 0
if most then
  local _, pending, delayed_count = waiting()
  count = pending + delayed_count
end
begin_sending()
local next_debounced = redis.call('ZRANGE', debounced, 0, 0, 'WITHSCORES')[2]
if next_debounced then earliest = math.min(earliest or next_debounced, next_debounced) end

-- The id of the earlier message that is in the place of another one, or false.
local function earlier_of(word, key)
  if word == 'throttle' then return redis.call('GET', throttle_prefix .. key) end
  return earlier_once({ key })[key]
end

-- The element of a producer with another id.
local function with_id(element, id)
  local attempt, _, text = read_envelope(element, '')
  local _, _, at = place_of(text)
  local _, after = id_at(text, at)
  return write_envelope(attempt, false, text:sub(1, at - 1) .. '"id":' .. id .. text:sub(after))
end

-- Wait for longer in the place of the message that waits with this key. Returns its id, or nil if none waits.
local function replace(n, key, ms, most_ms, kept)
  local since, id = debounced_first(key)
  if not since then return nil end
  -- Its time has come, but nobody has moved it yet.
  if tonumber(redis.call('ZSCORE', debounced, key) or 0) <= sent_at then
    end_debounce(key)
    return nil
  end
  local ttl_ms, element = tonumber(ARGV[rest + 3 * n - 2]), ARGV[rest + 3 * n - 1]
  local due = math.min(sent_at + ms, since + most_ms)
  debounce(key, due, since, ttl_ms, id, kept ~= 'first' and with_id(element, id))
  note_due(due)
  return id
end

-- No other message with this key is sent for `ms`.
local function open_window(word, key, id, ms)
  local lasts = string.format('%.0f', ms)
  redis.call('SET', window_prefixes[word] .. key, id, 'PX', lasts)
  -- That there are windows is known for as long as the longest one is open.
  if word == 'once' and redis.call('PTTL', open_windows) < ms then
    redis.call('SET', open_windows, 1, 'PX', lasts)
  end
end

local function send_if_alone(n, word, key, id, ms)
  if word == 'debounce' then
    local ttl_ms, element = tonumber(ARGV[rest + 3 * n - 2]), ARGV[rest + 3 * n - 1]
    debounce(key, sent_at + ms, sent_at, ttl_ms, id, element)
    return note_due(sent_at + ms)
  end
  if word == 'taken' or word == 'done' then
    begin_once(key, id)
  elseif word then
    open_window(word, key, id, ms)
  end
  send_message(n)
end

-- Whether one more message fits. The second result is true if the oldest one is to be dropped for it.
local function has_room()
  if not most or count < most then return true, false end
  local can_drop = drops == '1' and redis.call('LLEN', list) > 0
  return can_drop, can_drop
end

local statuses = {}
for n = 1, given do
  local word, key, id, ms, most_ms, kept = unpack(conditions_of[n] or {})
  local earlier, replaced
  if word == 'debounce' then
    replaced = replace(n, key, ms, most_ms, kept)
  elseif word then
    earlier = earlier_of(word, key)
  end
  if earlier then
    statuses[n] = 'd' .. earlier
  elseif replaced then
    statuses[n] = 'r' .. replaced
  elseif word ~= 'debounce' and has_full_key(n) then
    statuses[n] = 'k'
  else
    local fits, drops_one = has_room()
    if fits then send_if_alone(n, word, key, id, ms) end
    if drops_one then
      drop_oldest(1)
      dropped = dropped + 1
    elseif fits then
      count = count + 1
    end
    statuses[n] = fits and 's' or 'f'
  end
end

tell_due()
tell_returned()
return { dropped, count, unpack(statuses) }
