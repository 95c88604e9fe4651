"""Transcripts: requests and answers as values and as files, and the stream decoder."""
