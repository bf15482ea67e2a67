#!lua flags=allow-oom
-- Word to whoever tails the feed, about nothing that is kept.
-- KEYS: feed. ARGV: contact, payload, most of the feed, its seconds.
-- with may.lua
may('XADD', KEYS[1])
may('EXPIRE', KEYS[1])
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local before = last and last[1] or '0-0'
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'b', before, 'c', ARGV[1], 'p', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 'done'
