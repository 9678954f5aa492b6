"""The command line: one module a group of commands, the terminal, and the options they share."""
