"""Pixels to PNG (W3C PNG, third edition): opaque and unfiltered, which suits flat colours.

Choosing a filter for each line, as encoders of photographs do, takes as long as compressing and makes charts
larger.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_LEVEL = 2
"""Stronger compression takes three times as long for a tenth less."""
_INCH = 0.0254


def png_of(pixels: NDArray[np.uint8], dpi: int) -> bytes:
    """The file of an image of shape (height, width, 3); `dpi` tells programs how large it is meant."""
    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # before each line the number of its filter: none
    lines[:, 1:] = pixels.reshape(height, 3 * width)
    metre = round(dpi / _INCH)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", metre, metre, 1)),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), _LEVEL)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
