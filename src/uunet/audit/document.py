"""An audit for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from uunet.audit.examination import Audit
from uunet.audit.remarks import exit_code, remarks, verdict
from uunet.types import Detection
from uunet.wording import error_value


def document(audit: Audit) -> dict[str, Any]:
    """For machines."""
    events = [
        {
            "kind": event.kind,
            "first": event.first,
            "last": event.last,
            "begin": round(event.begin, 3),
            "end": round(event.end, 3),
            "frames": event.frames,
            "frames_of_kind": event.frames_of_kind,
            "box": _box(event.worst.face),
            "score": round(event.worst.face.score, 3),
            "share_replaced": round(event.worst.share, 3),
        }
        for event in audit.events
    ]
    presence, inspection = audit.presence, audit.inspection
    return {
        "uunet": "audit",
        "format": 1,
        "exit_code": exit_code(audit),
        "verdict": verdict(audit),
        "public": {"name": audit.public, "sha256": audit.digests[0]},
        "original": {"name": audit.original, "sha256": audit.digests[1]},
        "pair": inspection.pair,
        "frames": inspection.frames,
        "frames_looked_at": audit.looked,
        "seconds": round(audit.seconds, 3),
        "readable_frames": inspection.readable,
        "faces": audit.faces,
        "fates": audit.fates,
        "tracks": presence.tracks,
        "regions": {
            "all": presence.regions,
            "seen": presence.seen,
            "bridged": presence.bridged,
            "coasted": presence.coasted,
            "filled": audit.filled,
        },
        "evidence_bytes": audit.evidence,
        "originals": audit.kept,
        "faces_in_public_regions": audit.still_found,
        "likeness": None if audit.likeness is None else _rounded(asdict(audit.likeness)),
        "copies": [_rounded(asdict(copy)) for copy in audit.copies],
        "remains": [trace.shown() for trace in audit.remains],
        "own": [trace.shown() for trace in audit.own],
        "look_at": [remark.text for remark in remarks(audit) if remark.level == "look"],
        "know": [remark.text for remark in remarks(audit) if remark.level == "know"],
        "events": events,
        "damage": None if audit.damage is None else error_value(audit.damage),
    }


def _box(face: Detection) -> list[int]:
    return [round(corner) for corner in (face.x0, face.y0, face.x1, face.y1)]


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _rounded(value) if isinstance(value, dict) else round(value, 3) if _real(value) else value
        for name, value in values.items()
    }


def _real(value: Any) -> bool:
    return isinstance(value, float)
