"""Facts about the user and the companion: told, recalled, asked again, contradicted."""
