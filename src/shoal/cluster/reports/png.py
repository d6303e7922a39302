"""A grid of colours as a PNG image: one pixel a cell."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from .heatmap import Colour


def png_of(rows: Sequence[Sequence[Colour]]) -> bytes:
    """Encode a grid.

    Args:
        rows: Rows of one length, the top one first.

    Returns:
        The file's bytes (https://www.w3.org/TR/png/).
    """
    height, width = len(rows), len(rows[0])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    # Each line begins with the number of its filter: none.
    lines = b"".join(b"\0" + bytes(part for cell in row for part in cell) for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(lines, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
