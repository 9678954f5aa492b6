"""The page of a release: what goes on it, how a table is told, pictures, and the writing.

The modules are, in this order, `release_sections`, `html_tables`, `charts` and `release_page`.
"""
