"""What the expression of an alerting rule says: what it measures, its threshold, one alert's share of it."""
