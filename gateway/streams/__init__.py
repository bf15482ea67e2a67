"""Redis: the streams that move messages and the rows of what is open. Only this package and app import redis."""
