-- The messages of a producer, in ARGV from `rest` on: for each the delay in ms or 0, or '@' and the time when it is due;
-- the time to live in ms or 0; and the element.
local given = (#ARGV - rest + 1) / 3

local sent_at, earliest, is_sooner = nil, nil, false

-- Something is due then. This may be earlier than everything before.
local function note_due(due)
  is_sooner = is_sooner or not earliest or due < tonumber(earliest)
end

-- The first step of a script that sends.
local function begin_sending()
  sent_at = now()
  earliest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
end

local function send_element(delay_text, ttl_ms, element, n)
  local delay_ms = tonumber(delay_text)
  -- A time that has passed means no delay.
  if not delay_ms then delay_ms = math.max(0, delay_text:sub(2) - sent_at) end
  if ttl_ms > 0 then
    element = expiring(element, sent_at + delay_ms + ttl_ms)
  end
  if delay_ms == 0 then
    put_sent(element, n)
  else
    local due = sent_at + delay_ms
    delay(due, element)
    note_due(due)
  end
end

local function send_message(n)
  local i = rest + 3 * n - 3
  send_element(ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], n)
end

local function tell_due()
  if is_sooner then tell('delayed') end
end

-- Send the first ones, in their order.
local function send_messages(count)
  check_places(count)
  begin_sending()
  for n = 1, count do send_message(n) end
  tell_due()
  tell_arrived()
end
