"""What people read of a finished run: a page, a summary, a statement, annotations. All of it from `saved`."""
