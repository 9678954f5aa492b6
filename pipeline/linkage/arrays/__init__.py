"""Arrays that linkage computes with: ragged lists, connected components. Knows nothing of persons."""
