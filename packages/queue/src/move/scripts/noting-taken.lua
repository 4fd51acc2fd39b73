-- What a move has taken, in a stream: for the import, whichever process goes on with it.
local noted = 0

-- Before the first job is taken. It does not expire before all are imported.
local function keep_record()
  if redis.call('HSETNX', move, 'token', token) == 1 then redis.call('HSET', move, 'imported', '0-0') end
  redis.call('PERSIST', move)
  redis.call('PERSIST', taken)
end

-- Returns its entry, and the key that is to hold the job.
local function note_taken(id, score)
  if noted == 0 then keep_record() end
  noted = noted + 1
  local entry = redis.call('XADD', taken, '*', 'state', state, 'id', id, 'score', score)
  return entry, own .. 'job:' .. entry
end
