"""Reading and writing video: exact time stamps, planar frames, everything else passed through or named.

Readers and writers come in two kinds that the type checker keeps apart: raw (may show faces) and public.
"""

from uunet.video.coded import CodedPicture, CodedReader, copy_with_payloads
from uunet.video.formats import Codec, Colour, StreamInfo, VideoInfo, working_format
from uunet.video.partial import refuse_input
from uunet.video.reader import PublicReader, RawReader
from uunet.video.settings import EncodeSettings
from uunet.video.stills import image_codec
from uunet.video.times import rising
from uunet.video.writer import PublicWriter, RawWriter, WriterReport

__all__ = [
    "Codec",
    "CodedPicture",
    "CodedReader",
    "Colour",
    "EncodeSettings",
    "PublicReader",
    "PublicWriter",
    "RawReader",
    "RawWriter",
    "StreamInfo",
    "VideoInfo",
    "WriterReport",
    "copy_with_payloads",
    "image_codec",
    "refuse_input",
    "rising",
    "working_format",
]
