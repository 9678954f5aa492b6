"""The synthetic world with known truth.

It holds people, courts, reports, custody, supervision, errors and extracts.

Shares no logic with linkage or marts: it imports `data_contracts` and itself, nothing else of the
pipeline.
"""
