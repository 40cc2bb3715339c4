"""Faces and regions over time, drawn as SVG: legible in print and without colour."""

from __future__ import annotations

from collections.abc import Sequence

from uunet.audit.examination import Audit, Stretch
from uunet.audit.words import clock

_BINS = 120
_WIDTH, _HEIGHT = 960, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 14, 56  # margins; below there is a row for marks and one for times
_BLUE, _ORANGE = "#0072B2", "#D55E00"  # Okabe and Ito's, which differ in lightness too


def timeline(audit: Audit) -> str:
    """Mean number of faces and of regions in a frame over time, and where to look."""
    bins = _joined(audit.over_time)
    if not bins:
        return "<p>There is no frame.</p>"
    faces = [one.faces / one.looked if one.looked else 0.0 for one in bins]
    regions = [one.regions / one.looked if one.looked else 0.0 for one in bins]
    most = max([*faces, *regions, 1.0])
    wide = (_WIDTH - _LEFT - _RIGHT) / len(bins)
    drawn = [
        _line(regions, most, wide, f'stroke="{_BLUE}" stroke-width="2"'),
        _line(faces, most, wide, f'stroke="{_ORANGE}" stroke-width="2" stroke-dasharray="5 3"'),
        *_marks(bins, wide),
        *_axes(most, audit.seconds),
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="sans-serif" font-size="12" '
        f'aria-label="faces and regions over time">{"".join(drawn)}</svg>'
        "<p><small>Solid: regions that the public file says are replaced, in a frame. Dashed: faces that "
        "were found in the original. ▲: here a person should look. Where the dashed line is above the solid "
        "one, faces are missing; where it is below, regions cover what no detector saw.</small></p>"
    )


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """At most _BINS, each of the same number of stretches but the last."""
    per = max(-(-len(stretches) // _BINS), 1)
    groups = [stretches[i : i + per] for i in range(0, len(stretches), per)]
    return [
        Stretch(
            sum(one.looked for one in group),
            sum(one.faces for one in group),
            sum(one.regions for one in group),
            sum(one.flagged for one in group),
        )
        for group in groups
    ]


def _line(values: Sequence[float], most: float, wide: float, style: str) -> str:
    """Steps: a bin is as long as its time."""
    points = []
    for k, value in enumerate(values):
        y = _y(value, most)
        points += [f"{_LEFT + k * wide:.1f},{y:.1f}", f"{_LEFT + (k + 1) * wide:.1f},{y:.1f}"]
    return f'<polyline fill="none" {style} points="{" ".join(points)}"/>'


def _y(value: float, most: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / most)


def _marks(bins: Sequence[Stretch], wide: float) -> list[str]:
    y = _HEIGHT - _BOTTOM + 20
    return [
        f'<text x="{_LEFT + (k + 0.5) * wide:.1f}" y="{y}" text-anchor="middle">▲</text>'
        for k, one in enumerate(bins)
        if one.flagged
    ]


def _axes(most: float, seconds: float) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    drawn = [f'<path fill="none" stroke="#4a5560" d="M{_LEFT},{_TOP}V{bottom}H{right}"/>']
    drawn += [
        f'<text x="{_LEFT - 6}" y="{_y(value, most) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        for value in (0, most)
    ]
    for k in range(5):
        x, anchor = _LEFT + (right - _LEFT) * k / 4, "end" if k == 4 else "middle"
        drawn.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 10}" text-anchor="{anchor}">{clock(seconds * k / 4)}</text>'
        )
    return drawn
