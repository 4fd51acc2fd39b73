-- Messages that are sent once, until they are taken or done. `once` has the key of each that counts, with its id as it
-- stands in the header. A message says in its header, behind its place, until when it counts, and the key.
--
-- - It counts from its send on. While it does, no other one with the same key is sent.
-- - It counts no longer when a lease takes it (`taken`); or when it is acknowledged, becomes a dead letter, or is
--   deleted before a consumer has it (`done`).
-- - A dead letter that is redriven counts again, unless another one does by then.
--
-- Whatever ends it compares the id: a message that does not count, because another one has its key by now, ends nothing.

-- A header may be so long up to the end of its id: texts of 256 bytes and an id of 512 characters, all of them escaped.
local longest_beginning = 8192

-- The key of an element that is sent once, the id as it stands in the header, and 'taken' or 'done'; nil for others.
local function once_of(element)
  -- Most of them are as a producer has written them, without escapes, or have nothing before the id.
  if element:sub(1, 8) == '\0011{"id":' then return nil end
  local simple, simple_key, simple_id = element:match('^\0011{"once":"(%l+):([^"\\\n]+)","id":("[^"\\\n]+")')
  if simple == 'taken' or simple == 'done' then return simple_key, simple_id, simple end
  local beginning = element:sub(1, longest_beginning)
  if not beginning:find('"once":"', 1, true) then return nil end
  local _, _, text = read_envelope(beginning, '')
  local _, _, at = place_of(text)
  local what, after = text:match('^"once":"([^"\\\n]+)",()', at)
  if not what and text:match('^"once":"', at) then what, after = escaped_text(text, at + 8) end
  if not what then return nil end
  local mode, key = what:match('^(%l+):(.+)$')
  local id = id_at(text, after)
  if id and (mode == 'taken' or mode == 'done') then return key, id, mode end
end

-- From now on this message counts. Nothing happens if another one with its key does.
local function begin_once(key, id)
  declare('once')
  redis.call('HSETNX', once, key, id)
end

-- These count no longer, each with its id.
local function end_all(keys, ids)
  if not keys[1] then return end
  local counting, ended = redis.call('HMGET', once, unpack(keys)), {}
  for n = 1, #keys do
    if counting[n] == ids[n] then ended[#ended + 1] = keys[n] end
  end
  if ended[1] then redis.call('HDEL', once, unpack(ended)) end
end

-- A message is gone.
local function end_once(element)
  local key, id = once_of(element)
  if key then end_all({ key }, { id }) end
end

-- What a field of `onces` says of one message: its key and its id. See held-once.lua.
local function read_once(value)
  local length, after = value:match('^(%d+):()')
  return value:sub(after, after + length - 1), value:sub(after + length)
end

-- What it says of a batch: the keys, the ids, and their places in the batch, from 0.
local function read_batch_once(value)
  return unpack(cmsgpack.unpack(value))
end
