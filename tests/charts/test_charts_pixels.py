"""Pixels as a PNG: what is read back is what was drawn."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from report.charts.pixels import png_of

_SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))


@given(arrays(np.uint8, _SHAPES))
def test_every_pixel_comes_back(pixels: np.ndarray) -> None:
    """Whatever the picture, another program reads the same."""
    with Image.open(io.BytesIO(png_of(pixels, 200))) as image:
        image.load()
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), pixels)


def test_the_file_says_how_large_it_is_meant() -> None:
    """A word processor shows it at the width of a column, not at twice that."""
    with Image.open(io.BytesIO(png_of(np.zeros((2, 2, 3), np.uint8), 200))) as image:
        assert [round(dots) for dots in image.info["dpi"]] == [200, 200]
