"""Generated services with known truth, as signals and not through a server: many days in a minute."""
