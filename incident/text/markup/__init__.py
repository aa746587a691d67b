"""Foreign text into what a reader's program interprets: Markdown, HTML and SVG, links."""
