"""One block of an answer to bytes and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec
import numpy as np

from collector.http.answers.slices import clipped
from collector.source import Answer
from incident.model.signals import Labels, Samples

_DIGEST = 32
"""Bytes of the SHA-256 before a block."""
# The arrays hardly shrink further, and a block is written and read by a run that people wait for.
_LEVEL = 1
_LARGEST = 64 * 1024 * 1024
"""Bytes of a block before it was packed; nothing of ours is larger, a file that somebody made may be."""


class _Block(msgspec.Struct, array_like=True):
    """All series of a block: their samples lie one behind the other, times as differences."""

    key: str
    infos: tuple[str, ...]
    labels: tuple[Labels, ...]
    counts: tuple[int, ...]
    times: bytes
    values: bytes


def packed(key: str, answer: Answer) -> bytes:
    """The answer's series and infos, with the key they belong to and a checksum before them."""
    series = answer.series
    times = np.concatenate([one.times for one in series]).astype("<i8")
    block = _Block(
        key,
        answer.infos,
        tuple(one.labels for one in series),
        tuple(one.times.size for one in series),
        np.diff(times, prepend=np.int64(0)).tobytes(),
        np.concatenate([one.values for one in series]).astype("<f8").tobytes(),
    )
    body = zlib.compress(msgspec.msgpack.encode(block), _LEVEL)
    return sha256(body).digest() + body


def unpacked(key: str, data: bytes) -> Answer | None:
    """The answer that was packed under this key, bit for bit; None for anything else."""
    digest, body = data[:_DIGEST], data[_DIGEST:]
    if sha256(body).digest() != digest:
        return None
    try:
        block = _decoded(body)
        if block.key != key:
            return None
        times = np.cumsum(np.frombuffer(block.times, "<i8"))
        values = np.frombuffer(block.values, "<f8")
        ends = np.cumsum(block.counts).tolist()
    except (ValueError, zlib.error):
        return None
    if len(block.counts) != len(block.labels) or not times.size == values.size == (ends or [0])[-1]:
        return None
    times.setflags(write=False)
    return Answer(tuple(_series(block.labels, times, values, ends)), infos=block.infos)


def _decoded(body: bytes) -> _Block:
    plain = zlib.decompressobj().decompress(body, _LARGEST)
    return msgspec.msgpack.decode(plain, type=_Block)


def _series(
    labels: Sequence[Labels], times: np.ndarray, values: np.ndarray, ends: Sequence[int]
) -> Iterator[Samples]:
    for own, first, end in zip(labels, (0, *ends), ends, strict=False):
        yield Samples(own, times[first:end], values[first:end])


def within(answer: Answer, start_ms: int, end_ms: int) -> Answer:
    """The part of the answer with start <= time < end; a series without a sample there is not in it."""
    parts = (clipped(one, start_ms, end_ms) for one in answer.series)
    return Answer(tuple(one for one in parts if one is not None), infos=answer.infos)
