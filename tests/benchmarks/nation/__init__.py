"""`make nation`: a whole delivery goes all the way and is watched from outside; see `__main__`."""
