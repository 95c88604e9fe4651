"""The pages that people see: chat, widget, console, deck, reference. The browser gets the files of `web/`."""
