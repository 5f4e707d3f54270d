"""Keys that let somebody into one call: derived from the hub's secret, so nothing needs to be stored."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

KEY_BYTES = 18


class Keys:
    """Makes and checks the key of a join link and the token of a call's tools."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @staticmethod
    def new_call_id() -> str:
        """An id that cannot be guessed (96 bits), short enough to be read out."""
        return secrets.token_hex(12)

    def join_key(self, call_id: str) -> str:
        """What the fragment of the join link carries."""
        return self._derive("join", call_id)

    def call_token(self, call_id: str) -> str:
        """What the worker shows at /mcp/calls/<id>."""
        return self._derive("tools", call_id)

    def worker_token(self) -> str:
        """What voice workers show at /api/worker."""
        return self._derive("workers", "all")

    def opens_join(self, call_id: str, key: str) -> bool:
        """Whether this is the key of this call's link."""
        return hmac.compare_digest(self.join_key(call_id).encode(), key.encode())

    def opens_tools(self, call_id: str, token: str) -> bool:
        """Whether this is the token of this call's tools."""
        return hmac.compare_digest(self.call_token(call_id).encode(), token.encode())

    def _derive(self, purpose: str, call_id: str) -> str:
        digest = hmac.new(self._secret, f"{purpose}:{call_id}".encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:KEY_BYTES]).decode()
