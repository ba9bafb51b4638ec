"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from jobpipe.web.navigation import entries_for


def everywhere(request: HttpRequest) -> dict[str, Any]:
    viewer = getattr(request, "viewer", None)
    return {
        "viewer": viewer,
        "account": getattr(request, "account", None),
        "navigation": entries_for(viewer, request.path) if viewer is not None else [],
        "asset_version": asset_version(),
    }


def asset_version() -> str:
    """Changes with each release, so that no browser keeps an old style."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("job-pipe")
    except PackageNotFoundError:
        return "0"
