"""Typed rows to `identity`, `staged` and `quarantine`: validated, deduplicated, pseudonymised, every row counted.

In: batches of typed rows (`delivery`). Out: files of a build, and its row ledger. Identity columns and payload
columns part here, and meet again nowhere.
"""
