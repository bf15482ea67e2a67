"""Imports aiogram without building what nobody uses: each of its models gets its schema when it is first used.

aiogram asks pydantic to put this off, and then builds all of them at the end of its import: 90 MiB and two seconds for
some 600 models of which we use thirty. It must be imported before anything else of aiogram is.
"""

import sys
from collections.abc import Mapping
from typing import Any, Literal, Optional, Union

from pydantic import BaseModel


def _import_aiogram() -> None:
    """Imports it with `model_rebuild` silenced, then lets every model find the names that its annotations use."""
    build = vars(BaseModel)["model_rebuild"]
    BaseModel.model_rebuild = classmethod(_not_now)  # type: ignore[method-assign, assignment]
    try:
        from aiogram import types  # noqa: PLC0415 - it is what this is about
        from aiogram.client.default import Default  # noqa: PLC0415
        from aiogram.methods.base import Response, TelegramMethod  # noqa: PLC0415
    finally:
        BaseModel.model_rebuild = build  # type: ignore[method-assign]
    names: dict[str, Any] = {"List": list, "Optional": Optional, "Union": Union, "Literal": Literal, "Default": Default}
    names |= {name: getattr(types, name) for name in types.__all__}

    def model_rebuild(
        cls: type[BaseModel],
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Mapping[str, Any] | None = None,
    ) -> bool | None:
        found: bool | None = build.__func__(
            cls, force=force, raise_errors=raise_errors, _types_namespace={**names, **(_types_namespace or {})}
        )
        return found

    for base in (types.TelegramObject, TelegramMethod, Response):
        base.model_rebuild = classmethod(model_rebuild)  # type: ignore[method-assign, assignment]


def _not_now(_cls: type[BaseModel], /, **_: object) -> None:
    """Stands in for `model_rebuild` during the import."""


if "aiogram" not in sys.modules:
    _import_aiogram()
