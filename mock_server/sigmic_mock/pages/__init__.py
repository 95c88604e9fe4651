"""The pages that people see: chat, widget, console, deck, reference. A browser gets `mock_server/sigmic_mock/web`."""
