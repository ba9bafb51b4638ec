"""Spans of a run, of its stages and its batches, for OpenTelemetry: `pip install 'job-pipe[otel]'`.

They are sent where the standard variable OTEL_EXPORTER_OTLP_ENDPOINT says; without it nothing is imported, and a span
costs a look at a variable.  Attributes are numbers, names of imports and states: nothing of what a source says.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Protocol

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SERVICE = "job-pipe"


class Span(Protocol):
    def set_attribute(self, key: str, value: Any) -> None: ...


class _NoSpan:
    def set_attribute(self, key: str, value: Any) -> None:
        pass


_NO_SPAN = _NoSpan()
# Of this process; None = nobody asks for spans.
_tracer: Any = None
_provider: Any = None
# Milliseconds for what is not sent yet, when a process ends.
_LAST = 3_000


@contextlib.contextmanager
def span(name: str, /, **attributes: str | int | float) -> Iterator[Span]:
    """What happens within it; an error that leaves it is told by its type alone."""
    if _tracer is None:
        yield _NO_SPAN
        return
    from opentelemetry.trace import Status, StatusCode

    given = {f"jobpipe.{key}": value for key, value in attributes.items()}
    with _tracer.start_as_current_span(
        name, attributes=given, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except BaseException as error:
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def start_tracing(exporter: Any = None) -> bool:
    """Whether spans are made from now on. `exporter`: instead of the one that the environment names.

    Raises nothing: where the extra is missing, runs go on without spans.
    """
    global _tracer, _provider
    if exporter is None and not os.environ.get(ENDPOINT):
        return False
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

        provider = TracerProvider(resource=Resource.create({"service.name": _SERVICE}))
        if exporter is not None:
            provider.add_span_processor(SimpleSpanProcessor(exporter))
        else:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    except ImportError:
        return False
    _provider, _tracer = provider, provider.get_tracer(_SERVICE)
    return True


def stop_tracing() -> None:
    """Before the process ends: what is not sent yet is sent now."""
    global _tracer, _provider
    if _provider is not None:
        _provider.force_flush(_LAST)
        _provider.shutdown()
    _tracer = _provider = None
