-- The order of a run: of messages of one key that were taken together. They are settled one by one, in any order, and each
-- one that is put back has to wait before those that were behind it in the run. So the labels of these messages begin with
-- the receipt of the first one: "b17:key". When one of them was put back while others are still held, the field "b17" of
-- `labels` notes those that wait again, in their order: "17=0a1b2c3d,19=4e5f6a7b:", each with its receipt and the name of
-- its message, and with a colon at the end, so that it reads as the label of no key. A message may have been cancelled or
-- delayed since: then another one, or none, stands at its place.

-- The field of the run, and its key; nil for what was taken alone.
local function read_run(label)
  if label and label:sub(1, 1) == 'b' then return label:match('^(b%d+):(.*)$') end
end

local function run_of(receipt)
  return read_run(redis.call('HGET', labels, receipt))
end

-- The name of the message that is so many places behind the next one of a key: the same for as long as it waits, whatever
-- else of it is changed.
local function name_at(place, key)
  local element = redis.call('LINDEX', key_prefix .. key, -1 - place)
  if not element then return nil end
  local _, _, text = read_envelope(element, '')
  local _, _, after = place_of(text)
  return redis.sha1hex(id_at(text, after) or ''):sub(1, 8)
end

-- What was held under a receipt was just put where it is the next of its key: those that were before it in its run, and wait
-- again, come first.
local function keep_turn(receipt)
  local run, key = run_of(receipt)
  if not run then return end
  local own = receipt .. '=' .. name_at(0, key)
  local older, newer = {}, {}
  for noted, other, name in (redis.call('HGET', labels, run) or ''):gmatch('((%d+)=(%x+))') do
    if tonumber(other) > tonumber(receipt) then
      newer[#newer + 1] = noted
    elseif name_at(#older + 1, key) == name then
      older[#older + 1] = noted
    end
  end
  if older[1] then
    local front = redis.call('RPOP', key_prefix .. key, #older + 1)
    redis.call('RPUSH', key_prefix .. key, front[1])
    for i = #front, 2, -1 do redis.call('RPUSH', key_prefix .. key, front[i]) end
  end
  older[#older + 1] = own
  for _, noted in ipairs(newer) do older[#older + 1] = noted end
  redis.call('HSET', labels, run, table.concat(older, ',') .. ':')
end

-- What had these labels is held no longer. Nothing is left of a run of which nothing is held.
local function end_runs(found)
  local looked_at = {}
  for n = 1, #found do
    local run, key = read_run(found[n])
    if run and not looked_at[run] then
      looked_at[run] = true
      if redis.call('HEXISTS', busy, key) == 0 then redis.call('HDEL', labels, run) end
    end
  end
end
