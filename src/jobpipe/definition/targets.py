"""`to:` of a destination: one way out and what it needs. Secrets are best written as ${NAME}."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from jobpipe.definition.base import Model
from jobpipe.definition.logins import Auth

Kind = Literal["snapshot", "changes"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS = ("destination", "import", "client", "action")


def _address(*schemes: str, example: str) -> AfterValidator:
    """A URL of one of these schemes; one that is still a ${NAME} is looked at when it is known."""

    def check(text: str) -> str:
        found = _SCHEME.match(text)
        if text.startswith("${") or (found and found[1].lower() in schemes):
            return text
        said = f"`{found[1]}://` is not spoken here" if found else "there is no scheme"
        raise ValueError(f"{said}: {' or '.join(f'{scheme}://' for scheme in schemes)} is, such as {example}")

    return AfterValidator(check)


def _place_of_file(text: str) -> str:
    found = _SCHEME.match(text)
    if found and found[1].lower() not in ("file", "sftp", "ftp", "ftps", "s3"):
        raise ValueError(f"`{found[1]}://` takes no files: a path, sftp://, ftp://, ftps:// or s3:// does")
    if text.endswith("/"):
        raise ValueError("names a folder: write the file's name too, such as out/jobs.xml")
    return text


def _file_name(text: str) -> str:
    if "/" in text or not text.strip(".") or not text.isprintable():
        raise ValueError("is the name of a file, such as jobs.xml")
    return text


def _database(text: str) -> str:
    if text.lower().startswith(("mysql", "mariadb")):
        raise ValueError("MySQL and MariaDB are not supported: postgresql:// and sqlite:// are")
    return text


def _answers_path(text: str) -> str:
    import jmespath

    try:
        if text:
            jmespath.compile(text)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"is no JMESPath: {' '.join(str(error).split())[:200]}") from error
    return text


def _routing_key(text: str) -> str:
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        raise ValueError(f"{{{unknown[0]}}} is not known: {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)} are")
    return text


def _table(text: str) -> str:
    parts = text.split(".")
    if len(parts) > 2 or not all(parts) or "\0" in text:
        raise ValueError("a table is `name` or `schema.name`")
    return text


class FileTarget(Model):
    """A file that is swapped in whole: here, or by sftp://, ftp://, ftps:// or s3://."""

    kind: ClassVar[Kind] = "snapshot"
    file: Annotated[str, AfterValidator(_place_of_file)] = Field(
        min_length=1, description="A path or a URL; ending in .gz it is compressed."
    )
    auth: Auth | None = Field(default=None, description="How to log in.")
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds without a byte.")
    page: int | None = Field(
        default=None, ge=1, description="Postings in one file: more of them make several and an index."
    )


class ServedTarget(Model):
    """A feed that `jobpipe serve` hands out under /feeds/NAME/FILE."""

    kind: ClassVar[Kind] = "snapshot"
    served: Annotated[str, AfterValidator(_file_name)] = Field(min_length=1, description="The file's name: jobs.xml.")
    password: str = Field(default="", description="user:password, best as ${USER}:${PASSWORD}; empty = for everybody.")
    page: int | None = Field(
        default=None, ge=1, description="Postings in one file: more of them make several and an index."
    )


class HttpTarget(Model):
    """Changes in batches, as JSON."""

    kind: ClassVar[Kind] = "changes"
    http: Annotated[str, _address("https", "http", example="https://partner.example.org/jobs")] = Field(
        min_length=1, description="The URL that takes the batches."
    )
    auth: Auth | None = Field(default=None, description="How to log in.")
    headers: dict[str, str] = Field(default={}, description="Sent with each request.")
    secret: str = Field(default="", description="Signs each body (HMAC-SHA256, Standard Webhooks), best as ${SECRET}.")
    items: Annotated[str, AfterValidator(_answers_path)] = Field(
        default="", description="Where the answer lists what became of each posting (JMESPath)."
    )
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds for a request and its answer.")


class RabbitTarget(Model):
    """Changes as messages of a RabbitMQ exchange, one a posting."""

    kind: ClassVar[Kind] = "changes"
    rabbitmq: Annotated[str, _address("amqp", "amqps", example="amqps://user:password@host/vhost")] = Field(
        min_length=1, description="amqp://user:password@host/vhost, or amqps://."
    )
    exchange: str = Field(default="", description="It must be there; empty = the default one.")
    routing_key: Annotated[str, AfterValidator(_routing_key)] = Field(
        default="postings", description="May name {destination}, {import}, {client} and {action}."
    )
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds for the broker's word.")


class MongoTarget(Model):
    """A collection of MongoDB with one document a posting."""

    kind: ClassVar[Kind] = "changes"
    mongo: Annotated[str, _address("mongodb", "mongodb+srv", example="mongodb://user:password@host/database")] = Field(
        min_length=1, description="mongodb://user:password@host/database"
    )
    collection: str = Field(default="postings", min_length=1, description="Of the database.")
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds for the server's word.")


class SqlTarget(Model):
    """A table with one row a posting."""

    kind: ClassVar[Kind] = "changes"
    sql: Annotated[
        str,
        AfterValidator(_database),
        _address("postgresql", "postgres", "sqlite", example="postgresql://user:password@host/database"),
    ] = Field(min_length=1, description="postgresql://user:password@host/database, or sqlite:///path.")
    table: Annotated[str, AfterValidator(_table)] = Field(
        default="postings", min_length=1, description="Made where it is not there; may name a schema."
    )
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds for the server's word.")


class SearchTarget(Model):
    """An index of Elasticsearch or OpenSearch, by its bulk interface."""

    kind: ClassVar[Kind] = "changes"
    search: Annotated[str, _address("https", "http", example="https://search.example.org:9200")] = Field(
        min_length=1, description="The URL of the server."
    )
    index: str = Field(default="postings", min_length=1, description="Its name, or an alias that is written to.")
    auth: Auth | None = Field(default=None, description="How to log in.")
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds for a request and its answer.")


class WebhookTarget(Model):
    """A signed message (Standard Webhooks) for each batch: what has changed, whole or by key only."""

    kind: ClassVar[Kind] = "changes"
    webhook: Annotated[str, _address("https", "http", example="https://app.example.org/hooks/jobs")] = Field(
        min_length=1, description="The URL."
    )
    secret: str = Field(default="", description="Signs each message, best as ${SECRET}.")
    body: Literal["whole", "keys"] = Field(default="whole", description="keys = whoever gets it asks for the postings.")
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds for a request and its answer.")


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


def way_of(value: Any) -> str:
    """The word that says the way; "" = none, or more than one."""
    ways = [word for word in value if word in TARGETS] if isinstance(value, dict) else []
    return ways[0] if len(ways) == 1 else ""


def target_of(value: Any) -> Any:
    """The model that the word of the way asks for; raises ValueError where there is none, or more than one."""
    if isinstance(value, Model):
        return value
    word = way_of(value)
    if not word:
        raise ValueError(f"names one way out and what it needs, such as {{file: out/jobs.xml}}: {', '.join(TARGETS)}")
    return TARGETS[word].model_validate(value)
