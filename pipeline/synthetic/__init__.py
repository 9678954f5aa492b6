"""The made-up world with known truth: people, courts, reports, custody, supervision, errors, extracts.

Shares no logic with linkage or marts: it imports `data_contracts` and itself, nothing else of the pipeline.
"""
