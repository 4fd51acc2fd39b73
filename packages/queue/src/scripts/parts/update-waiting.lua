-- Change a message that waits. Its id, key, `once`, headers and attempts stay, and its place if only its body changes.
--
-- has_body, new_body  1 and another body, or 0
-- delay_ms            how long it is delayed from now on, or ''
-- new_priority        its priority, or ''
-- Returns 'updated'; or 'keyed' if it has a key, so that it can have no priority; or 'malformed'. Then nothing has changed.

-- What stands in front of the body, with the new priority. The time to live is what it was before, counted from when the
-- message is due.
local function changed_header(text, header_end, later_by_ms)
  local expires = text:match('^"expires":(%d+),')
  local written = expires and #expires + 11 or 0
  local _, _, after = place_of(text)
  local place = text:sub(written + 1, after - 1)
  if new_priority ~= '' then
    -- What is for consumers stays.
    local kept = place:match('^"result":%d+,') or ''
    kept = kept .. (place:match('^"timeout":%d+,', #kept + 1) or '')
    kept = kept .. place:sub(#kept + 1, select(2, flow_at(place, #kept + 1)) - 1)
    place = kept .. (new_priority == '4' and '' or '"priority":' .. new_priority .. ',')
  end
  if expires and later_by_ms ~= 0 and #expires <= 15 then
    expires = string.format('%.0f', math.max(0, expires + later_by_ms))
  end
  return (expires and '"expires":' .. expires .. ',' or '') .. place .. text:sub(after, header_end)
end

local function change_delayed(element, member, due)
  local score = redis.call('ZSCORE', delayed, member)
  redis.call('ZREM', delayed, member)
  if not due then
    -- The number in front: see delay.lua.
    redis.call('ZADD', delayed, score, member:sub(1, 10) .. element)
  elseif delay_ms == '0' then
    put_last(element)
  else
    delay(due, element)
  end
end

local function change_debounced(element, key, due)
  redis.call('HSET', debounced_elements, key, element)
  if due then redis.call('ZADD', debounced, due, key) end
end

local function put_in_level(kind, element, level)
  if kind == 'suspects' then
    -- Or consumers of a plain queue would not look there.
    if level ~= 4 then declare('levels') end
    redis.call('LPUSH', suspects_of_level(level), element)
    has_suspects = true
  elseif level == 4 then
    redis.call('LPUSH', list, element)
  else
    put_last(element)
  end
end

local function found(kind, key, element, is_on_the_right, member)
  local attempt, suspect, text = read_envelope(element, id)
  local header_end = text:find('\n', 1, true)
  if not header_end then return 'malformed' end
  local level, own_key = place_of(text)
  if own_key and new_priority ~= '' then return 'keyed' end

  local is_delayed = kind == 'delayed' or kind == 'debounced'
  local due = delay_ms ~= '' and (is_delayed or delay_ms ~= '0') and now() + delay_ms or nil
  local due_before = is_delayed and redis.call('ZSCORE', key, member) or now()
  local header = changed_header(text, header_end, due and due - due_before or 0)
  local new_text = header .. (has_body == '1' and new_body or text:sub(header_end + 1))
  local changed = write_envelope(attempt, suspect, new_text)

  -- An error for a list of another type, before the message is removed from where it is.
  local new_level, new_key = place_of(select(3, read_envelope(changed, id)))
  if not new_key then redis.call('LLEN', list_of_level(new_level)) end
  if new_key and is_delayed then redis.call('LLEN', key_prefix .. new_key) end
  if suspect then redis.call('LLEN', suspects_of_level(new_level)) end

  if kind == 'delayed' then
    change_delayed(changed, member, due)
  elseif kind == 'debounced' then
    change_debounced(changed, member, due)
  elseif due then
    remove(kind, key, element, is_on_the_right)
    delay(due, write_envelope(attempt, false, new_text))
  elseif new_priority ~= '' and tonumber(new_priority) ~= level then
    remove(kind, key, element, is_on_the_right)
    put_in_level(kind, changed, tonumber(new_priority))
  else
    local at = redis.call('LPOS', key, element, 'RANK', is_on_the_right and -1 or 1)
    redis.call('LSET', key, at, changed)
  end
  if due then tell('delayed') end
  tell_returned()
  return 'updated'
end
