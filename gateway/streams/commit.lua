#!lua flags=allow-oom
-- One decision, whole or not at all, and the reader's position with it.
-- KEYS: lease, cursors, attempts of the owner, then the commands'.
-- ARGV: token, number of cursors, (field, expected, new) each, then commands: words, name, place of the key, rest.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
local last = 2 + 3 * tonumber(ARGV[2])
local here, passed = true, true
for at = 3, last, 3 do
  local found = redis.call('HGET', KEYS[2], ARGV[at]) or '0-0'
  local expected = ARGV[at + 1]
  if found ~= expected and not (found == '0-0' and (expected == '0' or expected == '')) then here = false end
  if found ~= ARGV[at + 2] then passed = false end
end
if passed then return 'already' end
if not here then return 'moved' end
local at = last + 1
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  ARGV[at + 2] = KEYS[tonumber(ARGV[at + 2])]
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
for field = 3, last, 3 do
  redis.call('HSET', KEYS[2], ARGV[field], ARGV[field + 2])
  redis.call('HDEL', KEYS[3], ARGV[field])
end
redis.call('HDEL', KEYS[3], 'at once')
return 'done'
