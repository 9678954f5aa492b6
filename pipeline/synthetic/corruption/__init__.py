"""Errors that systems make with true values.

They concern names, numbers and identities; others are faults against the contract.
"""
