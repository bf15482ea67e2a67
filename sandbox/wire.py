"""JSON as it travels: the one alias and the one codec that every stand-in uses.

Nothing here knows a messenger.
"""

from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]

encode = msgspec.json.encode
decode = msgspec.json.decode
