"""Which labels of a server name a service, its place, its routes and its failures."""
