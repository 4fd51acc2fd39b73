-- What a label in `labels` says. The label of a message is what the virtual time of its key was raised by, a colon, and
-- the key; in a batch of one key it begins otherwise: see batch-order.lua. The label of a batch stands under the field of
-- the batch, and is packed: for each message its key and the virtual time that the key has; '' and a charge if it has no
-- key; false and 0 if it is of a level that has no keys.

local function read_label(label)
  if label:sub(1, 1) == ':' then return label:sub(2), 0 end
  local charge, key = label:match('^([^:]*):(.*)$')
  return key, tonumber(charge) or 0
end

-- Returns key, time, ...
local function read_batch_label(label)
  return cmsgpack.unpack(label)
end
