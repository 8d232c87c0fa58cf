"""What carries requests and events: once it is closed, whoever comes too late is told so."""

from pathlib import Path

import pytest

from ari_conf.media.asterisk.errors import AriLostError
from ari_conf.media.asterisk.transport import AriTransport
from ari_conf.private_asterisk import PrivateAsterisk


async def test_after_the_end_the_connection_is_lost_for_every_request(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    transport = AriTransport(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password)
    assert (await transport.request("GET", "/ari/asterisk/info")).status_code == 200
    await transport.close()
    with pytest.raises(AriLostError):
        await transport.request("GET", "/ari/asterisk/info")
    with pytest.raises(AriLostError):
        await transport.download("recordings/stored/none/file", tmp_path / "none.wav")
