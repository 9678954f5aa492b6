"""A release from admission to proof.

The steps are: build database, registry snapshot, publish, manifest, read, verify.

In: a finished build. Out: a folder under `releases/` that proves itself. Not here: what a table
holds (dbt), and how a page looks (`reports`).
"""
