"""What comes back: read within deadline and cap, joined from its parts, or turned into the error it is."""
