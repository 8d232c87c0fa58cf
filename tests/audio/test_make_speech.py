import sys
from pathlib import Path

import pytest

from ari_conf.audio.speech import SpeechError, make_speech


def test_without_the_package_a_piper_model_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(SpeechError, match=r"install it with ari-conf\[piper\]"):
        make_speech(Path("voice.onnx"))
