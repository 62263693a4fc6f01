"""Tables and named text, where only the user knows the app."""
