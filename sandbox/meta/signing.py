r"""JSON as Meta writes it into webhooks, and the signature over exactly those bytes.

Non-ASCII leaves as \uXXXX and slashes as \/, so a body that is parsed and written again never has the same signature.
"""

import hashlib
import hmac
import json

from sandbox.wire import Json

HEADER = "X-Hub-Signature-256"
OLD_HEADER = "X-Hub-Signature"


def written(body: Json) -> bytes:
    """The body's bytes; a slash stands in strings only, so it may be escaped afterwards."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def signatures(secret: str, body: bytes) -> dict[str, str]:
    """Both headers that Meta sends: the one to check, and the SHA-1 of old."""
    key = secret.encode()
    return {
        HEADER: "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
        OLD_HEADER: "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest(),
    }


def proof(secret: str, token: str) -> str:
    """What a call carries as appsecret_proof."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
