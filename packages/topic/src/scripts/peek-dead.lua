-- Read dead letters between two ids, with the beginning of their bodies: as many as fit into an answer whole, but at least
-- one, so that no script has many large ones in its memory.
--
-- from, to   ids of entries
-- limit      how many to read, at most
-- most_body  how many bytes of each body to read at most, or '' for all
-- returns { entries, 1 if there are more, which did not fit, the size of each whole body }
local entries, is_cut = read_entries(dead, from, to, tonumber(limit))
local most, sizes = tonumber(most_body), {}
for n, entry in ipairs(entries) do
  local fields = entry[2]
  sizes[n] = 0
  for i = 1, #fields, 2 do
    if fields[i] == 'body' then
      sizes[n] = #fields[i + 1]
      if most then fields[i + 1] = fields[i + 1]:sub(1, most) end
    end
  end
end
return { entries, is_cut and 1 or 0, sizes }
