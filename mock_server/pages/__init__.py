"""The pages that people see: chat, widget, console, deck, reference. Their files are in `mock_server/web`."""
