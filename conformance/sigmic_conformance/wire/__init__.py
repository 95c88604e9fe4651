"""The bytes of a run: the client that sends and captures them, and the transcript that holds them."""
