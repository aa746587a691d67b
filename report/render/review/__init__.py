"""Is a draft ready: what is still asked, what contradicts the measurement, what cannot have been."""

from report.render.review.judge import Review, review
from report.render.review.reading import Finding

__all__ = ["Finding", "Review", "review"]
