"""Keyed pseudonyms: HMAC-SHA-256 over key family and source key, cut to 128 bits.

They are computed column by column in polars.

Without the key nobody can tell which source key a pseudonym stands for, not even by hashing all
keys there are; with one key the same source key gets the same pseudonym in every table of its
family, and another in every other family. Belongs here: the one expression that makes a pseudonym.
Does not belong here: which columns get one (the contracts say).
"""

from __future__ import annotations

import hashlib
import hmac

import polars as pl
import polars_hash as plh

from pipeline.delivery.manifest import Delivery
from pipeline.errors import DeliveryError
from pipeline.settings import SYNTHETIC_KEY, Settings

HEX_DIGITS = 32
"""128 bits."""
PURPOSE = b"justice-journeys pseudonyms"
_SEPARATOR = "\x1f"


def pseudonymise_column(family: str | pl.Expr, source_key: pl.Expr, key: bytes) -> pl.Expr:
    """Pseudonym of each source key of a family; null where either is null.

    The expression holds a key, so it is never to be serialised. What polars shows of it (errors,
    `explain()`, `repr`) names the function and its input, not its arguments.
    """
    named = pl.lit(family) if isinstance(family, str) else family
    text = plh.concat_str(named, pl.lit(_SEPARATOR), source_key.cast(pl.String))
    return text.chash.hmac_sha256(key=_text_key(key)).str.head(HEX_DIGITS)


def _text_key(key: bytes) -> str:
    """The key as text in hex, which is what the plugin takes: 256 bits.

    They are derived from the key's bytes by HMAC-SHA-256. In this way any bytes can be a key,
    whether or not they are text. Hex digits are one block of SHA-256, so the plugin uses them
    whole. `PURPOSE` keeps the derived key apart from whatever else the same key may ever be used
    for.
    """
    return hmac.new(key, PURPOSE, hashlib.sha256).hexdigest()


def pseudonymise_keys(keys: pl.Series, family: str, key: bytes) -> pl.Series:
    """Pseudonyms of source keys of one family, in the same order; null for null."""
    return (
        keys.to_frame("source_key")
        .select(pseudonymise_column(family, pl.col("source_key"), key).alias("pseudonym"))
        .to_series()
    )


def pseudonym_key(delivery: Delivery, settings: Settings) -> bytes:
    """The key for a delivery's pseudonyms.

    It is the key that was given, or the public key for a synthetic delivery.

    Raises:
        DeliveryError: a real delivery without a key.
    """
    if settings.key:
        return settings.key
    if delivery.synthetic:
        return SYNTHETIC_KEY
    raise DeliveryError(
        f"delivery [{delivery.delivery_id}] is not marked synthetic and there is no key: "
        "set JOURNEYS_PSEUDONYM_KEY_FILE to a file that holds a secret of your own"
    )
