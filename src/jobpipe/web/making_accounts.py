"""Accounts are made, and their passwords set: by the first person, by an admin, or on the command line."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from jobpipe.ledger.models import Account, AccountClient
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.words.languages import LANGUAGES

SHORTEST = 12
_NAME = re.compile(r"[\w.@+-]{1,150}")
# Of this process: whoever reads its terminal makes the first account.
_welcome_code = secrets.token_urlsafe(9)


class AccountProblem(Exception):
    """Why an account cannot be as it was asked for. `phrase`: of what a person is told of their own one, in theirs."""

    def __init__(self, words: str, *, phrase: str = "") -> None:
        super().__init__(words)
        self.phrase = phrase


def is_first() -> bool:
    return not Account.objects.exists()


def welcome_code() -> str:
    return _welcome_code


def matches_welcome_code(given: str) -> bool:
    return hmac.compare_digest(given.strip().encode(), _welcome_code.encode())


def make_account(
    name: str,
    password: str,
    role: str,
    *,
    clients: Iterable[str] = (),
    mail: str = "",
    person: str = "",
    language: str = "en",
) -> Account:
    """Raises AccountProblem."""
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise AccountProblem("A name has letters, digits and . @ + - _ only.")
    if language not in LANGUAGES:
        raise AccountProblem(f"The pages speak {' and '.join(LANGUAGES)}.")
    encoded = encoded_password(password, name) if password else ""
    try:
        with turn_to_write(), transaction.atomic():
            account = Account.objects.create(
                name=name, password=encoded, role=role, mail=mail, person=person, language=language
            )
            AccountClient.objects.bulk_create(
                AccountClient(account=account, client=client) for client in dict.fromkeys(clients) if client
            )
    except IntegrityError as error:
        raise AccountProblem(f"There is an account {name} already.") from error
    return account


def encoded_password(password: str, name: str) -> str:
    """Raises AccountProblem for one that is too easy."""
    if len(password) < SHORTEST:
        raise AccountProblem(f"A password has at least {SHORTEST} characters.", phrase="password_short")
    if name.lower() in password.lower() or len(set(password)) < 5:
        words = "That password is too easy: not the name, and not the same few characters."
        raise AccountProblem(words, phrase="password_easy")
    return make_password(password)
