"""What happens to the people of the synthetic world.

It covers careers, courts, sentences, custody, licence, recall and supervision.
"""
