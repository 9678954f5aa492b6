"""Who lives in the made-up world: people, names, homes, police numbers."""
