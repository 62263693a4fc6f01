"""The shape of an unknown export, without its content."""
