"""Evidence as a file: everything collected, to bytes and back."""
