-- What a label in `labels` says. The label of a message is what the virtual time of its key was raised by, a colon, and
-- the key; in a run of several messages of one key it begins otherwise: see run-order.lua. The label of a batch stands
-- under the field of the batch, and is packed: for each run, which is a number of messages that stand together, the key, the
-- virtual time that the key has, and the number. For messages without a key it is '', what each was charged, and their
-- number; for messages of a level that has no keys it is false, 0 and their number.

local function read_label(label)
  if label:sub(1, 1) == ':' then return label:sub(2), 0 end
  local charge, key = label:match('^([^:]*):(.*)$')
  return key, tonumber(charge) or 0
end

-- Returns key, time, count, ...
local function read_batch_label(label)
  return cmsgpack.unpack(label)
end

-- Add the labels of single messages: the receipt of each and its label.
--
-- first       the receipt of the first one
-- runs        as in the label of a batch
-- has_charge  whether it has the charges of keys instead of their times
local function add_labels(fields, first, runs, has_charge)
  local at, receipt = #fields, tonumber(first)
  for i = 1, #runs, 3 do
    local key, value, count = runs[i], runs[i + 1], runs[i + 2]
    local label
    if key then
      local charge = (key == '' or has_charge) and value or 0
      -- The first receipt may be that of a suspect, but this number is no other run's.
      if key ~= '' and count > 1 then charge = string.format('b%d', receipt) end
      label = (charge == 0 and '' or charge) .. ':' .. key
    end
    for n = 0, count - 1 do
      if label then
        fields[at + 1], fields[at + 2] = string.format('%d', receipt + n), label
        at = at + 2
      end
    end
    receipt = receipt + count
  end
end
