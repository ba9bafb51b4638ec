"""English."""

from jobpipe.runs.source_reports.languages.texts import ReasonText, Texts

_TOO_MUCH = ReasonText(
    what="The offer could not be processed",
    mend="It takes more room or time than we allow. If its text is extremely long, or holds pictures or files, "
    "leave those out; otherwise this is ours to mend.",
)
_OURS = "You need not do anything: this is ours to mend. The offer is kept and will be tried again."

TEXTS = Texts(
    code="en",
    moment="%Y-%m-%d %H:%M %Z",
    day="%Y-%m-%d",
    thousands=",",
    heading="Your job offers: {client}",
    read_at="Read on {moment} (run {run}).",
    nothing_read="Your feed has not been read yet.",
    unchanged="Your feed had not changed since it was read before: what was said then still holds.",
    older="This is not the latest run; of the offers refused then, those are listed that are still refused today.",
    all_fine="All {read} offers that we read could be used.",
    one_refused="One of {read} offers was refused. The others were imported.",
    some_refused="{refused} of {read} offers were refused. The others were imported.",
    figures={
        "read": "read",
        "fine": "imported",
        "refused": "refused",
        "repeated": "repeated",
        "left_out": "left out by agreed rules",
        "closed": "closed by you",
    },
    refused_heading="What was refused, and how to mend it",
    one_offer="1 offer",
    offers="{count} offers",
    how_to_mend="How to mend it",
    for_example="For example",
    where="Where in your file",
    more="and {count} more: the attached list (CSV) has them all.",
    line="line {line}",
    row="row {line}",
    byte="byte {byte}",
    record="record {number}",
    reference="reference",
    no_title="(title not readable)",
    also_heading="What else you should know",
    labels="{count} of your labels mean nothing to us yet. The offers are imported; tell us what the labels mean, or "
    "use those that we agreed on:",
    fields_lost="Compared with your earlier feeds, something is missing:",
    end_soon="{count} of your offers end within {days} days. If they are still open, give them a later end date.",
    repeated="{count} records have a reference that another record of the same feed has. Each offer needs one of its "
    "own; of several the first counts.",
    footer="Lines and bytes are counted in your file as you publish it, after unpacking. Nothing has to be done with "
    "us: mend the file, and the next run takes it in.",
    subject="{client}: {count} of your job offers were refused",
    subject_fine="{client}: all your job offers could be used",
    columns={
        "import": "import",
        "file": "file",
        "line": "line",
        "column": "column",
        "byte": "byte",
        "record": "record",
        "reference": "reference",
        "title": "title",
        "field": "field",
        "problem": "problem",
        "mend": "how to mend it",
        "detail": "technical detail",
    },
    fields={
        "key": "reference",
        "reference": "reference",
        "title": "title",
        "url": "address of the offer",
        "apply_url": "address to apply at",
        "company": "company",
        "company.name": "name of the company",
        "company.url": "address of the company",
        "company.logo": "logo",
        "description": "description",
        "description_text": "description",
        "locations": "place of work",
        "locations.city": "city",
        "locations.region": "region",
        "locations.postal_code": "postal code",
        "locations.country": "country",
        "locations.latitude": "latitude",
        "locations.longitude": "longitude",
        "remote": "work from home",
        "contract": "type of contract",
        "working_time": "working time",
        "category": "category",
        "salary": "salary",
        "salary.min": "lowest salary",
        "salary.max": "highest salary",
        "salary.currency": "currency",
        "salary.period": "period of the salary",
        "posted_at": "date of publication",
        "updated_at": "date of the last change",
        "valid_through": "end date",
        "experience": "experience",
        "education": "education",
        "industry": "industry",
        "skills": "skills",
        "language": "language",
        "positions": "number of positions",
    },
    reasons={
        "malformed": ReasonText(
            what="The offer cannot be read: the file is damaged here",
            mend="Something breaks the file at this place: a tag or a quote that is not closed, a bare & or <, a row "
            "with too many or too few cells, or characters in another encoding than the file says. Look at the line "
            "named here and the lines before it.",
            example="Research & Development   →   Research &amp; Development",
        ),
        "missing": ReasonText(
            what="“{field}” is missing", mend="Fill in “{field}” for every offer; it must not be empty."
        ),
        "invalid": ReasonText(
            what="“{field}” has a value that cannot be used",
            mend="Write “{field}” in the form of the example, and nothing else in the same place.",
        ),
        "unmapped": ReasonText(
            what="“{field}” has a label that we do not know",
            mend="Use one of the labels that we agreed on, spelled the same way, or tell us what the new one means.",
        ),
        "step": ReasonText(
            what="“{field}” could not be understood",
            mend="Write “{field}” plainly, in the same form for every offer, as in the example.",
        ),
        "path": ReasonText(what="“{field}” could not be looked up", mend=_OURS),
        "rule": ReasonText(what="A rule could not be applied to the offer", mend=_OURS),
        "hook": ReasonText(what="“{field}” could not be worked out on our side", mend=_OURS),
        "crash": _TOO_MUCH,
        "timeout": _TOO_MUCH,
        "internal": ReasonText(what="A fault on our side", mend=_OURS),
    },
    troubles={
        "source-unreachable": "We could not reach the address of your feed. Is the server up, and open to us?",
        "source-refused": "Your server refused our login. Has the password or the key changed?",
        "source-untrusted": "Your server's certificate or key is not the one we expect, so nothing was read. Has it "
        "expired, or been replaced?",
        "source-missing": "There is no file at the address that you gave us. Has it moved?",
        "source-changed-shape": "Your file is built differently from before, so it could not be read. What has "
        "changed?",
        "source-damaged": "Your file could not be read to its end. Was it cut off while it was written? Nothing is "
        "taken offline until it is whole again.",
        "source-over-limit": "Your file is larger than we accept. If it is meant to be, tell us.",
        "source-forbidden": "The address of your feed leads to a place that we may not read.",
        "source-suspected": "Your file ends earlier than we expect: it holds a round number of offers, or fewer than "
        "it says. Is there a limit in your export?",
        "source-held": "Very many of your offers were gone at once. We keep them online until somebody has confirmed "
        "it.",
        "source-shrank": "Many of your offers are missing from the feed. They go offline if the next one lacks them "
        "too.",
    },
    other_reason=ReasonText(what="The offer could not be used", mend=_OURS),
)
