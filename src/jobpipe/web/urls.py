"""All addresses of the interface: importing the pages registers them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import jobpipe.web.pages
from jobpipe.web.api import v1
from jobpipe.web.routes import patterns

for module in iter_modules(jobpipe.web.pages.__path__):
    import_module(f"jobpipe.web.pages.{module.name}")

urlpatterns = [*patterns(), *v1.patterns()]
handler404 = "jobpipe.web.pages.errors.not_found"
handler500 = "jobpipe.web.pages.errors.failed"
