"""The face for researchers: estimates pooled over draws of the linkage. Imports no other room."""
