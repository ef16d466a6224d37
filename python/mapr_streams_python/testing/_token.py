"""Unsecured OAUTHBEARER tokens, which the listeners of `KafkaServer` take."""

from __future__ import annotations

import base64
import json
import time


def _part(fields: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


def unsecured_token(user: str, lifetime: float = 3600.0) -> tuple[str, float]:
    """Return what an ``oauth_cb`` returns: an unsigned token for `user`, and when it expires.

    Any broker with Kafka's default (unsecured) OAUTHBEARER validator takes it for proof of being `user`::

        Producer({..., 'sasl.mechanism': 'OAUTHBEARER', 'oauth_cb': lambda config: unsecured_token('alice')})

    Args:
        user: the user's name: the token's subject.
        lifetime: for how many seconds the token is valid.

    Returns:
        The token, and its expiry in seconds since the epoch.
    """
    now = time.time()
    expiry = now + lifetime
    # The last part of a token is its signature; an unsecured one ends in the dot before it.
    return f"{_part({'alg': 'none'})}.{_part({'sub': user, 'iat': now, 'exp': expiry})}.", expiry
