"""What is left out of documents that are kept to be shown."""

import pytest

from ari_conf.twiml import without_secrets


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ('<Sip username="ann" password="s3cret">sip:a@b</Sip>', '<Sip username="ann" password="...">sip:a@b</Sip>'),
        ("<Sip password = 's3c\"ret'>sip:a@b</Sip>", '<Sip password = "...">sip:a@b</Sip>'),
        ("<Sip>sip:ann:s3cret@b;transport=tcp?x-a=b@c</Sip>", "<Sip>sip:ann:...@b;transport=tcp?x-a=b@c</Sip>"),
        ("<Sip>SIPS:ann@b:5061</Sip><Sip>sip:b:5060</Sip>", "<Sip>SIPS:ann@b:5061</Sip><Sip>sip:b:5060</Sip>"),
        ("<Play>https://ann:pw@host/a.wav</Play>", "<Play>https://...@host/a.wav</Play>"),
        ('<Dial action="HTTP://ann@host/x?y=a@b"/>', '<Dial action="HTTP://...@host/x?y=a@b"/>'),
        ("<Say>My password is b@d, see https://host/a@b.</Say>", "<Say>My password is b@d, see https://host/a@b.</Say>"),
    ],
)
def test_passwords_are_left_out_and_nothing_else(document: str, shown: str) -> None:
    assert without_secrets(document) == shown
