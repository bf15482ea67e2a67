#!lua flags=allow-oom
-- One entry of a live log, each key once, and word of it to whoever tails the feed.
-- KEYS: log, its keys, feed. ARGV: key, payload, contact, most entries, seconds to keep, most of the feed, its seconds.
-- with may.lua
-- Answers: the entry's id and payload; for a key that was there, those of the first time.
local field = 'k' .. ARGV[1]
local first = redis.call('HGET', KEYS[2], field)
if first then
  local found = redis.call('XRANGE', KEYS[1], first, first)
  if #found > 0 then return { first, found[1][2][4] } end
end
-- What is read behind the first write too: a script that ends there would have kept the entry and told nobody of it.
local all = { { 'XADD', 'XLEN', 'XRANGE', 'XTRIM', 'EXPIRE' }, { 'HSET', 'HDEL', 'EXPIRE' }, { 'XADD', 'XREVRANGE', 'EXPIRE' } }
for place, names in ipairs(all) do
  for _, name in ipairs(names) do may(name, KEYS[place]) end
end
local entry = redis.call('XADD', KEYS[1], '*', 'k', ARGV[1], 'p', ARGV[2])
redis.call('HSET', KEYS[2], field, entry)
local extra = redis.call('XLEN', KEYS[1]) - tonumber(ARGV[4])
if extra > 0 then
  local old = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', extra)
  for _, one in ipairs(old) do redis.call('HDEL', KEYS[2], 'k' .. one[2][2]) end
  redis.call('HSET', KEYS[2], 'trimmed', old[#old][1])
  redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[4])
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
-- Each word names the one before it, so that a reader sees what it has missed.
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'b', last and last[1] or '0-0', 'c', ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[7])
return { entry, ARGV[2] }
