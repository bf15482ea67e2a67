#!lua flags=allow-oom
-- A reader's position that only grows. KEYS: cursors. ARGV: field, number.
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return 'done'
