#!lua flags=no-writes,allow-oom
-- What stands behind a position. KEYS: stream. ARGV: position, how far to count.
-- Answers: entries (past the limit: the whole stream's), and the oldest of them.
local found = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
local entries = #found
if entries == tonumber(ARGV[2]) then entries = redis.call('XLEN', KEYS[1]) end
return { entries, entries > 0 and found[1][1] or '' }
