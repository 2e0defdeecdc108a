"""HTTP: the application. Routes stand in api/routes/, one noun a file; what they share in deps, problems, paging."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from api import logs, origins, problems
from api.auth import LoginLimiter
from api.limits import BodyLimit
from api.live import Live
from api.metrics import Metrics, Observe
from api.problems import Problem
from api.routes import (
    contacts,
    conversations,
    customers,
    directory,
    events,
    identity,
    insight,
    notices,
    opportunities,
    pages,
    playbooks,
    quarantine,
    recordings,
    reports,
    rights,
    search,
    segments,
    session,
    stream,
    system,
    tags,
    tokens,
    voices,
    webhooks,
    wecom,
    widget,
)
from api.version import VERSION
from dongke.settings import settings

STATIC = Path(__file__).parent / "static"
ROUTES = (
    *(customers, events, tokens, widget, search, conversations, recordings, opportunities),  # the most asked first
    *(
        identity,
        insight,
        notices,
        playbooks,
        tags,
        reports,
        rights,
        quarantine,
        contacts,
        directory,
        voices,
        segments,
        session,
        stream,
        webhooks,
        wecom,
        system,
        pages,
    ),
)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.live.close()


def create_app() -> FastAPI:
    """The application. Reads settings when it serves, opens nothing before the first request."""
    logs.configure(settings().log_level)
    app = FastAPI(
        title="Dongke 懂客", version=VERSION, docs_url=None, redoc_url=None, openapi_url="/openapi.json", lifespan=_life
    )
    app.state.limiter = LoginLimiter()
    app.state.metrics = Metrics()
    app.state.live = Live()
    problems.install(app)
    app.add_middleware(BodyLimit, upload_paths=frozenset({"/v1/recordings"}))
    origins.install(app, settings())
    app.add_middleware(Observe, metrics=app.state.metrics)
    for module in ROUTES:
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def served_app() -> FastAPI:
    """The application in a process that serves. What is loaded by now stays: the collector need not walk it again.

    And it walks more rarely: a request makes thousands of short-lived values and no rings. An eighth of its time.
    """
    app = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1, with the problem document in place of FastAPI's own error shapes."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary="会话智能: 客户说的话 → 有原话依据的标签 → 画像 → 商机跟进",
            routes=app.routes,
        )
        shapes = schema["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            shapes.pop(name, None)
        shapes |= _problem_shapes()
        for methods in schema["paths"].values():
            for operation in methods.values():
                _problem_answers(operation["responses"])
        app.openapi_schema = schema
    return app.openapi_schema


def _problem_shapes() -> dict[str, Any]:
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = own.pop("$defs", {})
    return {"Problem": own, **nested}


def _problem_answers(responses: dict[str, Any]) -> None:
    for status, answer in responses.items():
        if status == "422":
            answer.update(problems.responses(422)[422])
    responses.setdefault(
        "default",
        {
            "description": "错误 (RFC 9457)",
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    )
