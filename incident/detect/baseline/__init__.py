"""What is normal for a series: its calm samples, their reach and noise, its rhythm."""
