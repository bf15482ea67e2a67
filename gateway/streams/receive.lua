#!lua
-- Customers' and staff's intake. No allow-oom: with the memory full the vendor keeps its updates and repeats them.
-- (The gateway's own entries run it with that flag.)
-- ARGV per item: inbox, first `seen` of the days to look through, how many, contact (0: not to be checked), quiet
-- (each a place in KEYS), contact's id, digest, payload, seconds to remember.
-- with may.lua
-- Answers per item: 1 stored, 2 repeated, 3 blocked; then the entry's id.
local answers = {}
for at = 1, #ARGV, 9 do
  local first, days = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local contact, digest = tonumber(ARGV[at + 3]), ARGV[at + 6]
  local outcome, entry = 0, false
  for day = first, first + days - 1 do
    entry = redis.call('HGET', KEYS[day], digest)
    if entry then outcome = 2 break end
  end
  if not entry and contact > 0 and redis.call('HGET', KEYS[contact], 'blocked') == '1' then
    redis.call('HINCRBY', KEYS[tonumber(ARGV[at + 4])], ARGV[at + 5], 1)
    outcome, entry = 3, ''
  end
  if not entry then
    may('XADD', KEYS[tonumber(ARGV[at])])
    may('HSET', KEYS[first])
    may('EXPIRE', KEYS[first])
    -- Add first: Lua does not roll back, and a remembered key without an entry would drop the vendor's repeat.
    entry = redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', 'p', ARGV[at + 7])
    redis.call('HSET', KEYS[first], digest, entry)
    redis.call('EXPIRE', KEYS[first], ARGV[at + 8], 'NX')
    outcome = 1
  end
  answers[#answers + 1] = outcome
  answers[#answers + 1] = entry
end
return answers
