"""A landed table against what is expected of it: coverage, profile, drift against history, references, table rules.

In: landed rows and the profiles of earlier releases. Out: findings, in counts. Not here: a single row against its
contract (`landing`).
"""
