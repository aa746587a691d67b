"""The rows of the timeline: measured, recorded by others, or entered by people; each with its stable name."""
