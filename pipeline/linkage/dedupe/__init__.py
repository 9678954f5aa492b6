"""Exact-match deduplication: records with equal identifiers become one node; term frequencies of values."""
