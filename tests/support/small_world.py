from __future__ import annotations

import polars as pl

SMALL = 3_000


SEED = 1


Tables = dict[tuple[str, str], pl.DataFrame]
