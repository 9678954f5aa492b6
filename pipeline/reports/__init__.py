"""The page of a release: what goes on it (sections), how a table is told (tables), pictures (charts), and the writing (page)."""
