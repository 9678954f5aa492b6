"""What happens to the people of the made-up world: careers, courts, sentences, custody, licence, recall, supervision."""
