"""The rules of the transport, without the transport: deadline, limits, retries, redirects, failures."""
