"""What was sent and received, as values and as files; the stream decoder."""
