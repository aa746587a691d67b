"""The words: a Timeline as Markdown, edited Markdown as one HTML page, the few lines of a terminal."""

from report.render.draft import markdown
from report.render.forms import FORMS, FormError, check_form
from report.render.pages.index import Index, IndexOnset, IndexRow, index_html, index_markdown
from report.render.pages.page import html
from report.render.pages.paste import paste
from report.render.pictures import ChartRef
from report.render.prompts import open_prompts, recounted
from report.render.review import Review, review
from report.render.terminal import found, terminal
from report.render.wording.headline import headline

__all__ = [
    "FORMS",
    "ChartRef",
    "FormError",
    "Index",
    "IndexOnset",
    "IndexRow",
    "Review",
    "check_form",
    "found",
    "headline",
    "html",
    "index_html",
    "index_markdown",
    "markdown",
    "open_prompts",
    "paste",
    "recounted",
    "review",
    "terminal",
]
