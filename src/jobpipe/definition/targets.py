"""`to:` of a destination: one way out and what it needs. Secrets are best written as ${NAME}."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from jobpipe.definition.base import Model
from jobpipe.definition.logins import Auth

Kind = Literal["snapshot", "changes"]


class FileTarget(Model):
    """A file that is swapped in whole: here, or by sftp://, ftp://, ftps:// or s3://."""

    kind: ClassVar[Kind] = "snapshot"
    file: str = Field(min_length=1, description="A path or a URL; ending in .gz it is compressed.")
    auth: Auth | None = Field(default=None, description="How to log in.")
    page: int | None = Field(
        default=None, ge=1, description="Postings in one file: more of them make several and an index."
    )


class ServedTarget(Model):
    """A feed that `jobpipe serve` hands out under /feeds/NAME/FILE."""

    kind: ClassVar[Kind] = "snapshot"
    served: str = Field(min_length=1, description="The file's name: jobs.xml.")
    password: str = Field(default="", description="user:password, best as ${USER}:${PASSWORD}; empty = for everybody.")
    page: int | None = Field(
        default=None, ge=1, description="Postings in one file: more of them make several and an index."
    )


class HttpTarget(Model):
    """Changes in batches, as JSON."""

    kind: ClassVar[Kind] = "changes"
    http: str = Field(min_length=1, description="The URL that takes the batches.")
    auth: Auth | None = Field(default=None, description="How to log in.")
    headers: dict[str, str] = Field(default={}, description="Sent with each request.")
    secret: str = Field(default="", description="Signs each body (HMAC-SHA256), best as ${SECRET}.")
    items: str = Field(default="", description="Where the answer lists what became of each posting (JMESPath).")
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds.")


class RabbitTarget(Model):
    """Changes as messages of a RabbitMQ exchange, one a posting."""

    kind: ClassVar[Kind] = "changes"
    rabbitmq: str = Field(min_length=1, description="amqp://user:password@host/vhost")
    exchange: str = Field(default="", description="Empty = the default one.")
    routing_key: str = Field(default="postings", description="May name {destination}, {import}, {client} and {action}.")


class MongoTarget(Model):
    """A collection of MongoDB with one document a posting."""

    kind: ClassVar[Kind] = "changes"
    mongo: str = Field(min_length=1, description="mongodb://user:password@host/database")
    collection: str = Field(default="postings", description="Of the database.")


class SqlTarget(Model):
    """A table with one row a posting."""

    kind: ClassVar[Kind] = "changes"
    sql: str = Field(min_length=1, description="postgresql://user:password@host/database, or sqlite:///path.")
    table: str = Field(default="postings", description="Made where it is not there; may name a schema.")


class SearchTarget(Model):
    """An index of Elasticsearch or OpenSearch, by its bulk interface."""

    kind: ClassVar[Kind] = "changes"
    search: str = Field(min_length=1, description="The URL of the server.")
    index: str = Field(default="postings", description="Its name, or an alias that is written to.")
    auth: Auth | None = Field(default=None, description="How to log in.")
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds.")


class WebhookTarget(Model):
    """A signed message (Standard Webhooks) for each batch: what has changed, whole or by key only."""

    kind: ClassVar[Kind] = "changes"
    webhook: str = Field(min_length=1, description="The URL.")
    secret: str = Field(default="", description="Signs each message, best as ${SECRET}.")
    body: Literal["whole", "keys"] = Field(default="whole", description="keys = whoever gets it asks for the postings.")
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds.")


Target = FileTarget | ServedTarget | HttpTarget | RabbitTarget | MongoTarget | SqlTarget | SearchTarget | WebhookTarget
# By the word that says the way.
TARGETS: dict[str, type[Model]] = {
    "file": FileTarget,
    "served": ServedTarget,
    "http": HttpTarget,
    "rabbitmq": RabbitTarget,
    "mongo": MongoTarget,
    "sql": SqlTarget,
    "search": SearchTarget,
    "webhook": WebhookTarget,
}


def target_of(value: Any) -> Any:
    """The model that the first known word asks for; raises ValueError where there is none, or more than one."""
    if not isinstance(value, dict):
        return value
    ways = [word for word in value if word in TARGETS]
    if len(ways) != 1:
        raise ValueError(f"names one way out: {', '.join(TARGETS)}")
    return TARGETS[ways[0]].model_validate(value)
