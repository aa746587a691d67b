"""What comes back: read within deadline and cap, joined from its parts, or told as the error it is."""
