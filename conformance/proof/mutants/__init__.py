"""The wire mutants, a table a module: what is spoilt, which row must notice, with what reason."""
