"""The runs of one import: whether their accounts add up, and nothing of them is left over."""

from __future__ import annotations

from jobpipe.ledger.models import Batch, Import, Run, RunState
from jobpipe.runs.housekeeping.verifying.findings import Finding, Verifying
from jobpipe.runs.workspace import Workspace

_OVER = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL, RunState.FAILED, RunState.CANCELLED)
_SHOWN = 5


def verify_accounts(workspace: Workspace, owner: Import, looking: Verifying) -> None:
    runs = Run.objects.filter(import_row=owner, state__in=_OVER).order_by("id")
    wrong = [number for number, account in runs.values_list("pk", "account").iterator() if not _adds_up(account)]
    if wrong:
        shown = ", ".join(map(str, wrong[:_SHOWN])) + (" …" if len(wrong) > _SHOWN else "")
        what = f"the accounts of {len(wrong):,} runs do not add up: {shown}"
        looking.found(Finding("accounts", what, "", owner.name, len(wrong)))
    left = Batch.objects.filter(run__import_row=owner, run__state__in=_OVER, run__finished_at__isnull=False)
    if count := left.count():
        what = f"{count:,} batches of runs that are over are still marked"

        def mend() -> None:
            with workspace.writing():
                left.delete()

        looking.found(Finding("batches-left", what, "the marks are removed", owner.name, count), mend)


def _adds_up(account: dict[str, int]) -> bool:
    return account.get("read", 0) == sum(count for name, count in account.items() if name != "read")
