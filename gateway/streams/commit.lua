#!lua flags=allow-oom
-- One decision, whole or not at all, and the reader's position with it.
-- KEYS: lease, cursors, attempts of the owner, then the commands'.
-- ARGV: token, 1 if it is the owner's, number of cursors, (field, expected, new) each, then commands: words, name, place
-- of the key, rest.
-- with may.lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
local last = 3 + 3 * tonumber(ARGV[3])
local here, passed = true, true
for at = 4, last, 3 do
  local found = redis.call('HGET', KEYS[2], ARGV[at]) or '0-0'
  local expected = ARGV[at + 1]
  if found ~= expected and not (found == '0-0' and (expected == '0' or expected == '')) then here = false end
  if found ~= ARGV[at + 2] then passed = false end
end
if passed then return 'already' end
if not here then return 'moved' end
local at = last + 1
while at <= #ARGV do
  may(ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])])
  at = at + tonumber(ARGV[at]) + 1
end
may('HSET', KEYS[2])
if ARGV[2] == '1' then may('HDEL', KEYS[3]) end
at = last + 1
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  ARGV[at + 2] = KEYS[tonumber(ARGV[at + 2])]
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
for field = 4, last, 3 do redis.call('HSET', KEYS[2], ARGV[field], ARGV[field + 2]) end
-- Nobody else may forget what the owner notes of the entries that it handles.
if ARGV[2] == '1' then
  for field = 4, last, 3 do redis.call('HDEL', KEYS[3], ARGV[field]) end
  redis.call('HDEL', KEYS[3], 'at once')
end
return 'done'
