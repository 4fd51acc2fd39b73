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

-- The name of a message: the same for as long as it waits, whatever else of it is changed.
local function name_of(element)
  local _, _, text = read_envelope(element, '')
  local _, _, after = place_of(text)
  return redis.sha1hex(id_at(text, after) or ''):sub(1, 8)
end

-- This element, which was held under this receipt, was just put where it is the next of its key: those that were before it
-- in its run, and wait again, come first.
local function keep_turn(receipt, element)
  local run, key = run_of(receipt)
  if not run then return end
  local older, newer = {}, {}
  for noted, other, name in (redis.call('HGET', labels, run) or ''):gmatch('((%d+)=(%x+))') do
    local is_older = tonumber(other) < tonumber(receipt)
    local group = is_older and older or newer
    group[#group + 1] = { noted, name }
  end

  local notes = {}
  if older[1] then
    -- This one, and where those before it were.
    local front, at = redis.call('RPOP', key_prefix .. key, #older + 1), 2
    for _, note in ipairs(older) do
      if front[at] and name_of(front[at]) == note[2] then
        notes[#notes + 1] = note[1]
        at = at + 1
      end
    end
    for i = #front, at, -1 do redis.call('RPUSH', key_prefix .. key, front[i]) end
    redis.call('RPUSH', key_prefix .. key, front[1])
    for i = at - 1, 2, -1 do redis.call('RPUSH', key_prefix .. key, front[i]) end
  end
  notes[#notes + 1] = receipt .. '=' .. name_of(element)
  for _, note in ipairs(newer) do notes[#notes + 1] = note[1] end
  redis.call('HSET', labels, run, table.concat(notes, ',') .. ':')
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
