"""Which planar format a source becomes for which codec."""

from __future__ import annotations

import pytest

from uunet.video import Codec, working_format


@pytest.mark.parametrize(
    ("source", "codec", "size", "expected"),
    [
        ("yuvj420p", "h264", (64, 48), "yuv420p"),
        ("yuv420p9le", "h264", (64, 48), "yuv420p10le"),
        ("yuv420p12le", "hevc", (64, 48), "yuv420p12le"),
        ("yuv420p12le", "av1", (64, 48), "yuv420p10le"),
        ("p010le", "hevc", (64, 48), "yuv420p10le"),
        ("nv24", "h264", (64, 48), "yuv444p"),
        ("uyvy422", "hevc", (64, 48), "yuv422p"),
        ("monow", "ffv1", (64, 48), "gray"),
        ("pal8", "ffv1", (64, 48), "gbrp"),
        ("rgb565le", "h264", (64, 48), "yuv420p"),
        ("bayer_bggr8", "h264", (64, 48), "yuv420p"),
        ("rgb48le", None, (64, 48), "gbrp16le"),
        ("rgb24", "h264-lossless", (64, 48), "yuv444p"),
        ("yuv420p", "png", (64, 48), "gbrp"),
        ("gray12le", "png", (64, 48), "gray16le"),
        ("yuv440p12le", "ffv1", (64, 48), "yuv440p12le"),
        ("yuv422p", "h264", (63, 48), "yuv444p"),
        ("yuv422p", "h264", (64, 47), "yuv422p"),
        ("yuv420p", "av1", (63, 47), "yuv420p"),
        ("gray", "hevc", (63, 47), "yuv444p"),
    ],
)
def test_working_formats(source: str, codec: Codec | None, size: tuple[int, int], expected: str) -> None:
    assert working_format(source, codec, size) == expected
    assert working_format(expected, codec, size) == expected
