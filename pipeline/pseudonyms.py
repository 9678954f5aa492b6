"""Keyed pseudonyms: HMAC-SHA-256 over key family and source key, cut to 128 bits, computed inside DuckDB.

Without the key nobody can tell which source key a pseudonym stands for, not even by hashing all keys there are;
with one key the same source key gets the same pseudonym in every table of its family, and another in every other family.
Belongs here: the one expression that makes a pseudonym. Does not belong here: which columns get one (the contracts say).
"""

from __future__ import annotations

import hashlib

import duckdb
import polars as pl

HEX_DIGITS = 32
"""128 bits."""
_BLOCK = 64
_SEPARATOR = "\x1f"


def register(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Define the macro `pseudonym(family, source_key)` on a connection, in its temporary schema.

    The macro follows RFC 2104. The padded keys are session variables, bound as parameters, so that no query text,
    plan or log of DuckDB ever holds the key.
    """
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    connection.execute("set variable pseudonym_inner = ?::blob", [bytes(byte ^ 0x36 for byte in block)])
    connection.execute("set variable pseudonym_outer = ?::blob", [bytes(byte ^ 0x5C for byte in block)])
    connection.execute(
        f"""
        create or replace temp macro pseudonym(family, source_key) as left(sha256(
            getvariable('pseudonym_outer')
            || unhex(sha256(getvariable('pseudonym_inner') || encode(family || '{_SEPARATOR}' || source_key)))
        ), {HEX_DIGITS})
        """
    )


def pseudonyms(keys: pl.Series, family: str, key: bytes) -> pl.Series:
    """Pseudonyms of source keys of one family, in the same order; null for null."""
    with duckdb.connect() as connection:
        register(connection, key)
        frame = pl.DataFrame({"position": range(len(keys)), "source_key": keys.cast(pl.String)})
        connection.register("frame", frame.to_arrow())
        query = "select pseudonym(?, source_key) as pseudonym from frame order by position"
        return connection.execute(query, [family]).pl()["pseudonym"]
