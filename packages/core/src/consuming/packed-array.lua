-- One array of MessagePack of so many strings or arrays, which are packed already, several in each of the
-- parts. The first part is left free for the head.
local function array_of(count, parts)
  parts[1] = count < 16 and string.char(144 + count)
    or string.char(220, math.floor(count / 256), count % 256)
  return table.concat(parts)
end

