"""What charts are put together from: panels with their bands, lanes, shades, key and title."""
