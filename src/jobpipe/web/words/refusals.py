"""Why something was not done, by the kind of the error and in the language of whoever asked."""

from __future__ import annotations

from jobpipe.web.logging_in import LoginRefusedError
from jobpipe.web.making_accounts import AccountProblem
from jobpipe.web.words.saying import Words


def why(say: Words, error: LoginRefusedError | AccountProblem) -> str:
    """Of one's own account."""
    if isinstance(error, LoginRefusedError):
        return say[f"login_{error.why}"].format(seconds=say.number(error.seconds))
    return say[error.phrase] if error.phrase else str(error)
