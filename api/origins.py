"""来源: which foreign pages may carry the widget (`DONGKE_WIDGET_ORIGINS`), and what its token opens."""

from fastapi import FastAPI, Request
from starlette.middleware.cors import CORSMiddleware

from dongke.errors import Forbidden
from dongke.scope import Principal
from dongke.settings import Settings

#: what a widget's token may ask for; everything of it is held to its customer by `dongke.scope.visible`
_OPEN = (
    *("/v1/widget/profile", "/v1/widget/rights", "/v1/tags/", "/v1/conversations/", "/v1/opportunities/"),
    *("/v1/recordings/", "/v1/stream"),
)
_HEADERS = ("Authorization", "Content-Type", "If-None-Match", "Idempotency-Key")


def install(app: FastAPI, config: Settings) -> None:
    """Lets the scripts of these origins ask, with a token and never with a cookie. Without origins nothing changes."""
    if config.widget_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=config.widget_origins,
            allow_methods=("GET", "POST"),
            allow_headers=_HEADERS,
            expose_headers=("ETag",),
            max_age=600,
        )


def frames(config: Settings) -> str:
    """The content security policy of the page that may stand in a frame of these origins."""
    ancestors = " ".join(("'self'", *config.widget_origins))
    return f"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; object-src 'none'"


def need_open(principal: Principal, request: Request) -> None:
    """Raises Forbidden `widget-forbidden` where a widget's token asks for more than the card of its customer."""
    if principal.customers and not request.url.path.startswith(_OPEN):
        raise Forbidden("widget-forbidden", "挂件的凭证只能打开这一位客户的画像")
