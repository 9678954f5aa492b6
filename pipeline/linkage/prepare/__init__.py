"""Identity files to records: one row a source record, with standardised identifiers."""
