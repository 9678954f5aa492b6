"""Errors that systems make with true values: names, numbers, identities, faults against the contract."""
