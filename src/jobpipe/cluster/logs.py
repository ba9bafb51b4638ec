"""What the processes of a cluster say: on stderr, a line each, without secrets."""

from __future__ import annotations

import logging
import sys

from jobpipe.safety.secrets import RedactingFilter, process_redactor


def log_to_stderr() -> None:
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO, stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter(process_redactor))
    # A line a message is for those who look for a fault, not for every day; nor is each request.
    for name in ("celery.worker.strategy", "celery.app.trace", "httpx", "httpx2", "scrapy"):
        logging.getLogger(name).setLevel(logging.WARNING)
