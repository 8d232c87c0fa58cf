"""A softphone that has registered is called by its name."""

import secrets

from ari_conf.media.port import Unanswered
from ari_conf.phones.digest import authorization, parse_challenge
from ari_conf.phones.sip_message import Headers, Request, Response, Uri
from ari_conf.phones.transactions import Endpoint, SipTransport, new_branch
from ari_conf.private_asterisk import PrivateAsterisk

from .outside import CALLER_ID, Outside
from .scene import Scene, within_deadline


async def register(transport: SipTransport, asterisk: PrivateAsterisk, account: str) -> Response:
    """Tell Asterisk that the account's phone is at ``transport``."""
    registrar = str(Uri(asterisk.sip_host, asterisk.sip_port))
    tag, call_id = secrets.token_hex(4), secrets.token_hex(8)

    async def attempt(number: int, *more: tuple[str, str]) -> Response:
        headers = Headers(
            [
                ("Via", f"SIP/2.0/UDP {transport.host}:{transport.port};rport;branch={new_branch()}"),
                ("Max-Forwards", "70"),
                ("From", f"<{Uri(asterisk.sip_host, user=account)}>;tag={tag}"),
                ("To", f"<{Uri(asterisk.sip_host, user=account)}>"),
                ("Call-ID", call_id),
                ("CSeq", f"{number} REGISTER"),
                ("Contact", f"<{Uri(transport.host, transport.port, account)}>;expires=60"),
                *more,
            ]
        )
        request = Request(headers, "REGISTER", registrar)
        return await transport.request(request, (asterisk.sip_host, asterisk.sip_port)).final()

    challenge = parse_challenge((await attempt(1)).headers["WWW-Authenticate"])
    assert challenge is not None
    password = asterisk.phone_passwords[account]
    answer = authorization(challenge, account, password, method="REGISTER", uri=registrar)
    return await attempt(2, ("Authorization", answer))


async def test_a_registered_softphone_is_called_by_its_name(scene: Scene) -> None:
    outside = Outside(scene)
    invites: list[Request] = []

    def serve(request: Request, _source: Endpoint) -> Response:
        if request.method != "INVITE":
            return request.reply(200, "OK")
        invites.append(request)
        return request.reply(486, "Busy Here", tag="softphone")

    transport = SipTransport("127.0.0.1", serve, t1=0.5)
    try:
        assert (await within_deadline(register(transport, scene.asterisk, "1001"))).status == 200
        await outside.place("ann", "client:1001")
        assert (await outside.ended("ann")).unanswered is Unanswered.BUSY
        assert [Uri.parse(invite.from_.uri).user for invite in invites] == [CALLER_ID]
    finally:
        transport.close()
