"""What happens in each incident, before anything is drawn."""
