#!lua flags=allow-oom
-- KEYS: lease, stream. ARGV: token, first id to keep.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2])
return 'done'
