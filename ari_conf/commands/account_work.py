"""What ``ari-conf account`` does; a module of its own because the libraries that it takes are slow to load."""

from ari_conf.database import store_of
from ari_conf.settings import Settings

from .existing import chosen_accounts
from .terminal import say


async def show(settings: Settings, chosen: str | None, *, show_token: bool) -> None:
    """Say which accounts there are, or about the one that has the SID ``chosen``; their tokens only if asked to."""
    shown = await chosen_accounts(settings, chosen)
    kept = "in the settings" if settings.accounts else f"in the database {store_of(settings).where}"
    for account in shown:
        say(f"account SID  {account.sid}")
        say(f"auth token   {account.auth_token if show_token else f'{kept}; --show-token shows it'}")
        if account.api_keys:
            say(f"API keys     {', '.join(account.api_keys)}")
