"""Array computations of linkage: ragged lists, connected components. Knows nothing of persons."""
