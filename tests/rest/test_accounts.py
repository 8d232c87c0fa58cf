from tests.rest.desk import Desk
from tests.stage import ACCOUNT


async def test_the_account_can_be_fetched(desk: Desk) -> None:
    account = await desk.ask(desk.client.api.v2010.account.fetch)
    assert account.sid == ACCOUNT.sid
    assert account.status == "active"
    assert account.auth_token == ACCOUNT.auth_token
