"""Face boxes in a JSON file: a user's own instead of the detector's, or the detector's for a user to correct.

The file, version 1 (all members required, no others allowed):

    {"format": "uunet-boxes", "version": 1, "size": [width, height],
     "frames": {"0": [[x0, y0, x1, y1], [x0, y0, x1, y1, score]], "5": [], …}}

`size` is that of the frames as stored, before any display rotation. The names in `frames` are frame numbers
from 0. Boxes hold the face from hair line to chin, in pixels of the stored frame, x0 < x1, y0 < y1, and may
reach over the frame's edge; the score lies in [0, 1] and is 1 if left out. A frame that is listed with []
was looked at and shows no face; one that is not listed is filled in from its neighbours.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from uunet.errors import DetectionError, OutputError
from uunet.types import Detection, FrameSize, Picture, Window

FORMAT = "uunet-boxes"
VERSION = 1


class BoxFile:
    """Boxes from a file, a `types.FaceDetector`.

    Args:
        path: a file as described above.

    Raises:
        DetectionError: the file can't be read or breaks a rule; the message says where.
    """

    def __init__(self, path: Path | str) -> None:
        self._name = Path(path).name
        try:
            text = Path(path).read_text("utf-8")
        except OSError as error:
            raise DetectionError(
                f"can't read the boxes {path}: {error.strerror or error}", "check the path"
            ) from error
        except UnicodeDecodeError as error:
            raise self._wrong("it is not UTF-8 text") from error
        try:
            data = json.loads(text, object_pairs_hook=self._unique, parse_constant=self._constant)
        except (ValueError, RecursionError) as error:
            raise self._wrong(f"it is not JSON ({error})") from error
        self.size, self._frames = self._read(data)

    def knows(self, index: int) -> bool:
        """Whether the file lists this frame; the tracker asks in these frames only."""
        return index in self._frames

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:  # noqa: ARG002
        """The boxes of a frame; none if it is not listed.

        Raises:
            DetectionError: the picture has another size than the file says.
        """
        if picture.size != self.size:
            raise DetectionError(
                f"the boxes are for {self.size[0]}x{self.size[1]}, the video has "
                f"{picture.size[0]}x{picture.size[1]}",
                "use the boxes of this video; sizes are those before display rotation",
            )
        return list(self._frames.get(index, ()))

    def _wrong(self, what: str) -> DetectionError:
        return DetectionError(
            f"{self._name} can't be used: {what}", "compare it with a file that --export-boxes writes"
        )

    def _unique(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise self._wrong(f'"{twice}" stands there twice')  # json would silently keep the last
        return dict(pairs)

    def _constant(self, name: str) -> float:
        raise self._wrong(f"{name} is not a number in JSON")

    def _read(self, data: Any) -> tuple[FrameSize, dict[int, tuple[Detection, ...]]]:
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise self._wrong(f'"format" is not "{FORMAT}"')
        if data.get("version") != VERSION or isinstance(data["version"], bool):
            raise self._wrong(f"version {data.get('version')} is not {VERSION}")
        if set(data) != {"format", "version", "size", "frames"}:
            raise self._wrong('its members are not "format", "version", "size", "frames"')
        size, frames = data["size"], data["frames"]
        if not (isinstance(size, list) and len(size) == 2 and all(type(v) is int and v > 0 for v in size)):
            raise self._wrong('"size" is not [width, height]')
        if not isinstance(frames, dict):
            raise self._wrong('"frames" is not an object')
        return (size[0], size[1]), {self._index(k): self._boxes(k, v) for k, v in frames.items()}

    def _index(self, name: str) -> int:
        if not (name.isascii() and name.isdigit() and len(name) < 10) or str(int(name)) != name:
            raise self._wrong(f'frame "{name}" is not a number')
        return int(name)

    def _boxes(self, frame: str, boxes: Any) -> tuple[Detection, ...]:
        if not isinstance(boxes, list):
            raise self._wrong(f"frame {frame} is not a list of boxes")
        return tuple(self._box(frame, box) for box in boxes)

    def _box(self, frame: str, box: Any) -> Detection:
        if not (
            isinstance(box, list)
            and len(box) in {4, 5}
            and all(type(v) in {int, float} and abs(v) < 1e6 and math.isfinite(v) for v in box)
        ):
            raise self._wrong(f"a box in frame {frame} is not [x0, y0, x1, y1] or [x0, y0, x1, y1, score]")
        x0, y0, x1, y1, score = map(float, [*box, 1.0][:5])
        if not (x0 < x1 and y0 < y1 and 0 <= score <= 1):
            raise self._wrong(f"a box in frame {frame} is empty or its score is not in 0..1")
        return Detection(x0, y0, x1, y1, score)


class BoxFileWriter:
    """Writes what the detector found, window by window, so that memory stays flat; a context manager.

    The file appears under its name on `commit`; without it nothing is left. What may fail has been done once
    `finish` returns.

    Args:
        path: where to.
        size: of the stored frames.
        videos: files that must not be replaced by it.

    Raises:
        OutputError: it can't be written, or it is one of the videos.
    """

    def __init__(self, path: Path | str, size: FrameSize, videos: Sequence[Path] = ()) -> None:
        self._path = Path(path)
        if any(self._path.resolve() == video.resolve() for video in videos):
            raise OutputError(f"{path} is the name of a video of this run", "give the boxes another name")
        if self._path.is_dir():
            raise OutputError(f"{path} is a folder", "give the boxes the name of a file")
        self._first = True
        try:
            # a name that nobody can foresee, and lay a link under
            number, name = tempfile.mkstemp(".partial", f".{self._path.name}.", self._path.parent)
            self._part = Path(name)
            self._file: TextIO = os.fdopen(number, "w", encoding="utf-8")
            head = json.dumps({"format": FORMAT, "version": VERSION, "size": list(size)})
            self._file.write(head[:-1] + ', "frames": {')
        except OSError as error:
            raise self._failed(error) from error

    def add(self, window: Window) -> None:
        """Adds the frames of a window in which the detector looked."""
        try:
            for frame, found in zip(window.frames, window.detected, strict=True):
                if found is None:
                    continue
                boxes = [[*(round(v, 2) for v in (d.x0, d.y0, d.x1, d.y1)), round(d.score, 4)] for d in found]
                self._file.write(f'{"" if self._first else ","}\n"{frame.index}": {json.dumps(boxes)}')
                self._first = False
        except OSError as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Ends the file, which has no name yet."""
        try:
            self._file.write("\n}}\n")
            self._file.close()
        except OSError as error:
            raise self._failed(error) from error

    def commit(self) -> None:
        """Gives it its name, once it is finished."""
        try:
            self._part.replace(self._path)
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> BoxFileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            self._file.close()
        self._part.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"can't write the boxes {self._path}: {error.strerror or error}",
            "check the folder and free space",
        )
