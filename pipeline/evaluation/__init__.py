"""A release against the truth of the made-up world: links, events and tables; precision and recall."""
