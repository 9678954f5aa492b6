"""Exact-match deduplication: records with equal identifiers become one node.

The term frequencies of values are here, too.
"""
