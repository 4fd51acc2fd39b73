-- The order of a run: of messages of one key that were taken together. They are settled one by one, in any order, and each
-- one that is put back has to wait before those that were behind it in the run. So the labels of these messages begin with
-- the receipt of the first one: "b17:key". When one of them was put back while others are still held, the field "b17" of
-- `labels` has the receipts of those that wait again, as they stand there, and a colon, so that it reads as the label of no
-- key.

-- The field of the run, and its key; nil for what was taken alone.
local function read_run(label)
  if label and label:sub(1, 1) == 'b' then return label:match('^(b%d+):(.*)$') end
end

local function run_of(receipt)
  return read_run(redis.call('HGET', labels, receipt))
end

-- What was held under a receipt was just put where it is the next of its key: those that were before it in its run, and wait
-- again, come first.
local function keep_turn(receipt)
  local run, key = run_of(receipt)
  if not run then return end
  local number, older, receipts = tonumber(receipt), 0, {}
  for other in (redis.call('HGET', labels, run) or ''):gmatch('%d+') do
    receipts[#receipts + 1] = other
    if tonumber(other) < number then older = older + 1 end
  end
  if older > 0 then
    local front = redis.call('RPOP', key_prefix .. key, older + 1)
    redis.call('RPUSH', key_prefix .. key, front[1])
    for i = #front, 2, -1 do redis.call('RPUSH', key_prefix .. key, front[i]) end
  end
  table.insert(receipts, older + 1, receipt)
  redis.call('HSET', labels, run, table.concat(receipts, ',') .. ':')
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
