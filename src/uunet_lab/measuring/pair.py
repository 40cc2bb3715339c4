"""A pair of models at work as in the instrument, with and without a codec between, and how near r is to x."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

from uunet.masking import NoiseBank, Region, mask, unmask
from uunet.models import Restorer, Swapper
from uunet.types import PublicFrame, RawFrame
from uunet.video import EncodeSettings, PublicReader, PublicWriter, VideoInfo
from uunet_lab.measuring.mosaic import LAYOUT, TAGS, Image, Mosaic, shaken
from uunet_lab.training.cards import pair_cards

Floats = npt.NDArray[np.float64]

_FRAMES = 24


class Pair:
    """The two models, run as the instrument runs them.

    Args:
        public, private: model files.
        seed: of the virtual identities.

    Raises:
        ModelError, TrainingError: they are no models, or no pair.
    """

    def __init__(self, public: Path, private: Path, seed: int = 1) -> None:
        pair_cards(public, private)
        self.swapper, self.restorer = Swapper(public), Restorer(private)
        self._seed, self.noise = seed, NoiseBank(seed, self.swapper.card.side)

    def mask(self, x: Mosaic, first_track: int = 0) -> Mosaic:
        """Regions replaced, each a track of its own."""
        return self.mask_as(x, range(first_track, first_track + len(x.boxes)))

    def mask_as(self, x: Mosaic, tracks: Sequence[int], draw: int = 0) -> Mosaic:
        """Regions replaced, each of the track that is named for it.

        Args:
            x: raw.
            tracks: which virtual identity each region gets: regions of one track get the same noise.
            draw: another number is another run of the instrument: fresh noise for all tracks.
        """
        noise = self.noise if draw == 0 else NoiseBank(self._seed + draw, self.swapper.card.side)
        regions = [Region(box, track) for box, track in zip(x.boxes, tracks, strict=True)]
        return x.with_picture(mask(RawFrame(x.picture, 0, 0), regions, self.swapper, noise).picture)

    def unmask(self, a: Mosaic) -> Mosaic:
        """Published regions restored."""
        return a.with_picture(unmask(PublicFrame(a.picture, 0, 0), a.boxes, self.restorer).picture)


def psnr(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """Peak signal to noise ratio of each face, in dB, over RGB."""
    errors = [np.mean((a.astype(np.float64) - b) ** 2) for a, b in zip(x, r, strict=True)]
    return 10 * np.log10(255**2 / np.maximum(errors, 1e-3))


def ssim(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """Structural similarity of each face over RGB in a uniform window of 7×7 pixels: scikit-image's default,
    and that of the shipped profile's loss.
    """
    scores = [structural_similarity(a, b, channel_axis=2) for a, b in zip(x, r, strict=True)]  # type: ignore[no-untyped-call]
    return np.array(scores)


def ssim_gaussian(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """The same in the window of Wang et al. (2004): a Gaussian, σ = 1.5 pixels, 11×11."""
    way = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    scores = [structural_similarity(a, b, channel_axis=2, **way) for a, b in zip(x, r, strict=True)]  # type: ignore[no-untyped-call]
    return np.array(scores)


def through_codec(x: Mosaic, pair: Pair, settings: EncodeSettings) -> Mosaic:
    """A second of the masked picture, shaken, through the public writer and back; its last frame."""
    height, width = x.picture.planes[0].shape
    about = (
        Path("mosaic"),
        "none",
        "none",
        "yuv420p",
        (width, height),
        LAYOUT,
        Fraction(1, 25),
        Fraction(25),
    )
    info = VideoInfo(*about, colour=TAGS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mosaic.mp4"
        with PublicWriter(path, info, settings, copy_streams=False) as writer:
            pictures = [*(shaken(x.picture, i - _FRAMES + 1) for i in range(_FRAMES - 1)), x.picture]
            frames = [
                PublicFrame(pair.mask(x.with_picture(picture)).picture, i, i)
                for i, picture in enumerate(pictures)
            ]
            writer.write(frames, None, [x.boxes] * len(frames))
            writer.commit()
        with PublicReader(path) as reader:
            *_, last = reader
            return x.with_picture(last.picture.copy())
