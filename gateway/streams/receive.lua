#!lua
-- Customers' and staff's intake. No allow-oom: with the memory full the vendor keeps its updates and repeats them.
-- (The gateway's own entries run it with that flag.)
-- ARGV per item: inbox, first `seen` of the days to look through, how many, contact (0: not to be checked), what was
-- stopped of them (each a place in KEYS), digest, payload, seconds to remember, how many of what is stopped are kept, of
-- how many bytes each, for how many seconds.
-- with may.lua
-- Answers per item: 1 stored, 2 repeated, 3 blocked; then the entry's id.
local answers = {}
for at = 1, #ARGV, 11 do
  local first, days = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local contact, digest = tonumber(ARGV[at + 3]), ARGV[at + 5]
  local outcome, entry = 0, false
  for day = first, first + days - 1 do
    entry = redis.call('HGET', KEYS[day], digest)
    if entry then outcome = 2 break end
  end
  -- What was stopped is remembered without an entry: while the block lasts it is not counted again.
  local stopped = entry == ''
  if stopped then entry = false end
  if not entry and contact > 0 and redis.call('HGET', KEYS[contact], 'blocked') == '1' then
    if not stopped then
      local kept = KEYS[tonumber(ARGV[at + 4])]
      may('HINCRBY', KEYS[contact])
      may('LPUSH', kept)
      may('LTRIM', kept)
      may('EXPIRE', kept)
      may('HSET', KEYS[first])
      may('EXPIRE', KEYS[first])
      redis.call('HINCRBY', KEYS[contact], 'stopped', 1)
      if #ARGV[at + 6] <= tonumber(ARGV[at + 9]) then
        redis.call('LPUSH', kept, ARGV[at + 6])
        redis.call('LTRIM', kept, 0, tonumber(ARGV[at + 8]) - 1)
        redis.call('EXPIRE', kept, ARGV[at + 10])
      end
      redis.call('HSET', KEYS[first], digest, '')
      redis.call('EXPIRE', KEYS[first], ARGV[at + 7], 'NX')
    end
    outcome, entry = 3, ''
  end
  if not entry then
    may('XADD', KEYS[tonumber(ARGV[at])])
    may('HSET', KEYS[first])
    may('EXPIRE', KEYS[first])
    -- Add first: Lua does not roll back, and a remembered key without an entry would drop the vendor's repeat.
    entry = redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', 'p', ARGV[at + 6])
    redis.call('HSET', KEYS[first], digest, entry)
    redis.call('EXPIRE', KEYS[first], ARGV[at + 7], 'NX')
    outcome = 1
  end
  answers[#answers + 1] = outcome
  answers[#answers + 1] = entry
end
return answers
