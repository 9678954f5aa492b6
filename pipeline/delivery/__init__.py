"""A delivery as it came: its manifest, its files, and their rows typed in bounded batches.

In: files of a supplier (Parquet or CSV). Out: batches of typed rows. Not here: whether a row keeps
its contract (`landing`), whether a table is as expected (`quality`).
"""
