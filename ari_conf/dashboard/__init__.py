"""The operators' room: a page that shows what goes on, live and afterwards, and with which one acts on it."""
