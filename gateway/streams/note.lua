#!lua flags=allow-oom
-- Commands that may be repeated as they are. KEYS: theirs. ARGV: words, name, place of the key, rest.
local at = 1
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  ARGV[at + 2] = KEYS[tonumber(ARGV[at + 2])]
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
return 'done'
