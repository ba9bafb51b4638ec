"""What every template knows."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest

from jobpipe.web.navigation import entries_for
from jobpipe.web.rights import Right
from jobpipe.web.words import words_to


def everywhere(request: HttpRequest) -> dict[str, Any]:
    viewer = getattr(request, "viewer", None)
    words = words_to(request)
    return {
        "viewer": viewer,
        "account": getattr(request, "account", None),
        "navigation": entries_for(viewer, request.path, words) if viewer is not None else [],
        # The jump box.
        "can_find": viewer is not None and viewer.may(Right.SEE),
        "can_map": viewer is not None and viewer.may(Right.MAP),
        "can_define": viewer is not None and viewer.may(Right.DEFINE) and viewer.sees_all,
        "can_manage": viewer is not None and viewer.may(Right.ACCOUNTS),
        "can_rule": viewer is not None and viewer.may(Right.RULE),
        "say": words,
        "asset_version": asset_version(),
    }


@functools.cache
def asset_version() -> str:
    """Changes with each release, so that no browser keeps an old style."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("job-pipe")
    except PackageNotFoundError:
        return "0"
