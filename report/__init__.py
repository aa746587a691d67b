"""Shows: charts, words, templates, merging, writing, and the command that joins the stages."""
