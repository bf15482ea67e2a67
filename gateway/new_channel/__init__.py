"""`gateway new-channel NAME`: the first files of a channel, written into a clone of the repository.

They are a channel that works, of a vendor that is invented: connector, fixtures with goldens, stand-in and test.
Whoever adds a messenger puts the real vendor's in their place, piece by piece, and has something that passes meanwhile.
"""

from gateway.new_channel.folders import Target, write

__all__ = ["Target", "write"]
