"""Where an import's records come from: the block `source` of a definition."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from jobpipe.definition.base import Model
from jobpipe.definition.drops import FileOptions
from jobpipe.definition.fitting import refuse_fields, refuse_files, refuse_for_push, refuse_headers, refuse_login
from jobpipe.definition.logins import Auth
from jobpipe.definition.services import Api, Soap
from jobpipe.definition.sites import Site
from jobpipe.definition.sizes import Size

# Exactly one of them says where.
PLACES = ("feed", "parts", "api", "site", "soap", "push")


class CsvOptions(Model):
    delimiter: str | None = Field(default=None, description="What stands between two cells; detected when absent.")
    quote: str | None = Field(default=None, description='What stands around a cell, usually `"`; detected when absent.')
    header: bool = Field(default=True, description="The first row names the columns.")
    columns: list[str] = Field(default=[], description="The names of the columns, where no header gives them.")
    skip_rows: int = Field(default=0, ge=0, description="Rows before the header that are not data.")
    skip_last_rows: int = Field(default=0, ge=0, description="Rows at the end that are not data (totals).")
    comment: str | None = Field(default=None, description="Lines that begin with this are not data.")
    sheet: str | None = Field(default=None, description="xlsx: the sheet; the first one with rows when absent.")


class LimitOptions(Model):
    """Sizes are bytes, or text with a unit: 500MB."""

    download: Size = Field(default=None, description="The most that may come over the wire: 500MB.")
    unpacked: Size = Field(default=None, description="The most that it may be after unpacking: 2GB.")
    record: Size = Field(default=None, description="The most that one record may be: 16MB.")
    ratio: int | None = Field(
        default=None, ge=1, description="How many times larger than its compressed form an input may become."
    )


class Source(Model):
    feed: str | None = Field(default=None, description="One file: a URL, a path or a glob.")
    parts: list[str] = Field(default=[], description="Several files, read one after the other.")
    parts_come_and_go: bool = Field(
        default=False, description="The absence of a part says nothing: parts come and go. Otherwise it is a failure."
    )
    api: Api | None = Field(default=None, description="A service that answers in pages: REST or GraphQL.")
    site: Site | None = Field(default=None, description="Web pages to crawl.")
    soap: Soap | None = Field(default=None, description="A SOAP service.")
    push: Literal["json", "xml"] | None = Field(
        default=None, description="Nothing is fetched: records in this format are sent to job-pipe's REST API."
    )
    files: FileOptions = Field(
        default=FileOptions(), description="Which files of a folder, a bucket or a mailbox, and what becomes of them."
    )
    auth: Auth | None = Field(default=None, description="How to log in at the source.")
    allow: list[str] = Field(
        default=[],
        description="Networks that redirects and links of this source may lead to though they are private: 10.0.0.0/8.",
    )
    headers: dict[str, str] = Field(default={}, description="HTTP headers that the source wants.")
    format: Literal["xml", "json", "ndjson", "csv", "xlsx", "rss", "html"] | None = Field(
        default=None, description="The format of the file; detected when absent."
    )
    record: str | None = Field(
        default=None,
        description="Where the records are: a name (offre) or a path (/offers/offer, jobs[*]); detected when absent. "
        "In a web page: css:li.job, xpath:… or script:window.jobs, as `items` of a site.",
    )
    fields: dict[str, str] = Field(
        default={},
        description="Of a web page (`format: html`): the record, where it has no JobPosting data, as `fields` of a "
        "site.",
    )
    encoding: str | None = Field(default=None, description="The character set, where the file does not say it right.")
    holds: Literal["all", "changes"] = Field(
        default="all",
        description="all: what is absent is gone. changes: absence says nothing.",
    )
    total: str | None = Field(default=None, description="The path of the source's own count of its postings.")
    ignore: list[str] = Field(
        default=[], description="Paths that do not count when a record is compared with yesterday's (tracking codes)."
    )
    closed: str | None = Field(
        default=None,
        description="An expression over `record` and `posting` by which the source says that a posting is over.",
    )
    csv: CsvOptions = Field(default=CsvOptions(), description="How a table is written.")
    limits: LimitOptions = Field(default=LimitOptions(), description="What is larger counts as hostile.")
    timeout: float = Field(default=60.0, gt=0, description="Seconds without a byte after which reading fails.")

    # Each sees what stands above it: the places, the format.
    @field_validator("fields")
    @classmethod
    def _fields_are_of_a_page(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        refuse_fields(value, info.data)
        return value

    @field_validator("files")
    @classmethod
    def _files_can_be_chosen(cls, value: FileOptions, info: ValidationInfo) -> FileOptions:
        refuse_files(value, info.data)
        return value

    @field_validator("auth")
    @classmethod
    def _login_is_used(cls, value: Auth | None, info: ValidationInfo) -> Auth | None:
        if value is not None:
            refuse_login(value, info.data)
        return value

    @field_validator("headers")
    @classmethod
    def _headers_are_sent(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        refuse_headers(value, info.data)
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        given = [name for name in PLACES if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"a source has one place, not both `{given[0]}` and `{given[1]}`")
        if not given:
            raise ValueError(
                "a source needs a place: `feed` (one file), `parts` (several), `api`, `site`, `soap` or `push`, "
                "or a connector"
            )
        if self.push is not None:
            refuse_for_push(self.model_fields_set, self.push)
        return self

    @property
    def parts_may_vanish(self) -> bool:
        """A part of last time that is not there today is as it should be."""
        files = self.files
        return self.parts_come_and_go or self.holds == "changes" or files.take == "newest" or files.afterwards != "keep"

    @property
    def locations(self) -> list[str]:
        """Of the files; [] = it has none, but is asked."""
        return [self.feed] if self.feed else list(self.parts)
