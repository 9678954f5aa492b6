"""Typed rows to `identity`, `staged` and `quarantine`, with every row counted.

On the way rows are validated, deduplicated and pseudonymised.

In: batches of typed rows (`delivery`). Out: files of a build, and its row ledger. Identity columns
and payload columns part here, and meet again nowhere.
"""
