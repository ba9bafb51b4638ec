"""What a project on MongoDB needs and the core install has not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jobpipe.errors import DefinitionError, Place


@contextmanager
def mongo_expected() -> Iterator[None]:
    """Around the import of a store on MongoDB. Raises DefinitionError where its package is missing."""
    try:
        yield
    except ImportError as error:
        raise DefinitionError(
            "documents on MongoDB need pymongo",
            place=Place(source="jobpipe.yaml", field="cluster.documents"),
            hint="pip install 'job-pipe[cluster]'",
        ) from error
