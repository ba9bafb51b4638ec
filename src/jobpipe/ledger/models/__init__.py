"""The ledger's tables, by subject."""

from jobpipe.ledger.models.accounts import (
    Account,
    AccountClient,
    AccountRole,
    ApiToken,
    AuditLine,
    DefinitionDraft,
    LoginTrouble,
    WebSession,
)
from jobpipe.ledger.models.cancellations import Cancellation
from jobpipe.ledger.models.deliveries import ChangeFeed, ChangeList, Delivery, DeliveryKind, DeliveryState, Destination
from jobpipe.ledger.models.dispatch import BatchAttempt, Dispatch, KeptCharge
from jobpipe.ledger.models.erasures import Erasure, Suppression
from jobpipe.ledger.models.figures import RunFigures
from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.incidents import (
    Holiday,
    Incident,
    IncidentChange,
    IncidentCount,
    IncidentState,
    OwnerChange,
    RoleHolder,
)
from jobpipe.ledger.models.leases import HostTrouble, HostTurns, Lease
from jobpipe.ledger.models.mappings import MappingChange, MappingEntry, Scope
from jobpipe.ledger.models.near_duplicates import NearDuplicate, NearDuplicateDecision
from jobpipe.ledger.models.notifications import Notice, NoticeState, Notification, NotificationState
from jobpipe.ledger.models.overrides import Override, OverrideChange, OverrideScope
from jobpipe.ledger.models.plans import Plan, PlanKind, PlanState
from jobpipe.ledger.models.reporting import ReportSetting
from jobpipe.ledger.models.runs import Batch, PartRead, Run, RunKind, RunState
from jobpipe.ledger.models.scheduling import DutyLease, ImportDecision, ScheduledImport, Standing
from jobpipe.ledger.models.secrets import Secret
from jobpipe.ledger.models.summaries import ImportSummary, StaleSummary
from jobpipe.ledger.models.taxonomies import TaxonomyChange, TaxonomyState, TaxonomyVersion

__all__ = [
    "Account",
    "AccountClient",
    "AccountRole",
    "ApiToken",
    "AuditLine",
    "Batch",
    "BatchAttempt",
    "Cancellation",
    "ChangeFeed",
    "ChangeList",
    "DefinitionDraft",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Destination",
    "Dispatch",
    "DutyLease",
    "Erasure",
    "Holiday",
    "HostTrouble",
    "HostTurns",
    "Import",
    "ImportDecision",
    "ImportSummary",
    "Incident",
    "IncidentChange",
    "IncidentCount",
    "IncidentState",
    "KeptCharge",
    "Lease",
    "LoginTrouble",
    "MappingChange",
    "MappingEntry",
    "NearDuplicate",
    "NearDuplicateDecision",
    "Notice",
    "NoticeState",
    "Notification",
    "NotificationState",
    "Override",
    "OverrideChange",
    "OverrideScope",
    "OwnerChange",
    "PartRead",
    "Plan",
    "PlanKind",
    "PlanState",
    "ReportSetting",
    "RoleHolder",
    "Run",
    "RunFigures",
    "RunKind",
    "RunState",
    "ScheduledImport",
    "Scope",
    "Secret",
    "StaleSummary",
    "Standing",
    "Suppression",
    "TaxonomyChange",
    "TaxonomyState",
    "TaxonomyVersion",
    "WebSession",
]
