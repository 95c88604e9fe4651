"""The pages that people see: chat, widget, console, reference. What a browser gets is in `web/`."""
