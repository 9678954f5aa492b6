"""The registry of contract tables: what `data_contracts` says, looked up by source and table.

Belongs here: finding a contract and asking it. Not here: what a contract says (`data_contracts`),
what is written out of it (`exports`).
"""
