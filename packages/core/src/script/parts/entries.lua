-- How many bytes an entry of a stream has, without its id.
local function size_of(entry)
  local size = 0
  for _, value in ipairs(entry[2]) do size = size + #value end
  return size
end

-- How many of these entries fit into `room` bytes, and how many bytes are left.
local function fitting_entries(entries, room)
  for n, entry in ipairs(entries) do
    local size = size_of(entry)
    if size > room then return n - 1, room end
    room = room - size
  end
  return #entries, room
end

-- Read as many entries of a stream as fit into an answer, at least one. Each step reads at most three times
-- as many entries as the steps before it together, so that few large entries behind small ones are read in
-- vain. Returns the entries, and whether the next one did not fit.
local function read_entries(stream, from, to, count)
  local entries, room = {}, most_bytes
  while #entries < count do
    local wanted = math.min(count - #entries, math.max(1, 3 * #entries))
    local step = redis.call('XRANGE', stream, from, to, 'COUNT', wanted)
    local fit
    fit, room = fitting_entries(step, room)
    if #entries == 0 and step[1] then fit = 1 end
    for i = 1, fit do entries[#entries + 1] = step[i] end
    if fit < #step then return entries, true end
    if #step < wanted then break end
    from = '(' .. step[fit][1]
  end
  return entries, false
end

