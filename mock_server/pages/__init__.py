"""The pages that people see: chat, widget, console, deck, reference. What a browser gets is in `mock_server/web`."""
