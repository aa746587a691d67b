"""From Markdown as people left it to pages: one to read, one to paste, one that lists all drafts."""
