"""What others recorded, from files that people name: alert logs, deploy markers, pages, notes."""
