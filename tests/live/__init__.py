"""A service under real load, scraped by a real Prometheus, with faults injected and logged."""
