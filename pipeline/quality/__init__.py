"""A landed table against what is expected of it.

This covers coverage, profile, drift against history, references and table rules.

In: landed rows and the profiles of earlier releases. Out: findings, in counts. Not here: a single
row against its contract (`landing`).
"""
