import audioop

import numpy as np

from ari_conf.phones import g711


def test_every_sample_is_coded_as_audioop_codes_it() -> None:
    samples = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    assert g711.encode(samples) == audioop.lin2ulaw(samples.tobytes(), 2)


def test_every_code_is_decoded_as_audioop_decodes_it() -> None:
    codes = bytes(range(256))
    assert g711.decode(codes).tobytes() == audioop.ulaw2lin(codes, 2)


def test_silence_is_a_zero_sample() -> None:
    assert g711.encode(np.zeros(3, dtype=np.int16)) == bytes([g711.SILENCE]) * 3
    assert not g711.decode(bytes([g711.SILENCE]) * 3).any()
