"""The two directions of a chart: time along, quantities up."""
