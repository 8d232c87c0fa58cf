"""The one door to pydub: its import made quiet, and the way from samples to its segments and back."""

import warnings

import numpy as np

from . import Samples

with warnings.catch_warnings():
    # pydub complains about a missing ffmpeg, which WAV does not need, about audioop and about its own escapes.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

__all__ = ["AudioSegment", "from_segment", "to_segment"]


def to_segment(samples: Samples, rate: int) -> AudioSegment:
    """Return ``samples`` as a pydub segment."""
    return AudioSegment(data=samples.tobytes(), sample_width=2, frame_rate=rate, channels=1)


def from_segment(segment: AudioSegment) -> Samples:
    """Return the samples of a segment that is mono and 16-bit. Raises ``ValueError`` for any other."""
    if (segment.channels, segment.sample_width) != (1, 2):
        raise ValueError(
            f"the segment has {segment.channels} channels of {8 * segment.sample_width} bits; "
            "use set_channels(1).set_sample_width(2) first",
        )
    return np.frombuffer(segment.raw_data, np.int16).copy()
