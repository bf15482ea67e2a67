"""What the page says of the product that runs beside the sandbox."""

import msgspec


class GatewayState(msgspec.Struct):
    """`state` is stopped, starting or running; `note` is why, if there is anything to say."""

    state: str = "stopped"
    url: str | None = None
    note: str | None = None
