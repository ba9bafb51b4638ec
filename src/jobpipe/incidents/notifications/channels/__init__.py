"""Ways to tell people: one file each. A channel takes an envelope, and raises where it could not hand it over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobpipe.definition.notifying import MAIL
from jobpipe.definition.project import Project
from jobpipe.incidents.notifications.channels.envelope import ChannelError, Envelope

__all__ = ["ChannelError", "Envelope", "open_channel"]


def open_channel(project: Project, name: str, environ: Mapping[str, str]) -> Callable[[Envelope], None]:
    """Raises ChannelError where there is no channel of this name any more, DefinitionError for a variable unset."""
    notify = project.settings.notify
    if name == MAIL:
        if notify.mail is None:
            raise ChannelError("there is no `notify: mail` in jobpipe.yaml")
        from jobpipe.incidents.notifications.channels.mail import MailChannel

        return MailChannel(notify.mail, environ)
    said = notify.channels.get(name)
    if said is None:
        raise ChannelError(f"there is no channel {name} in jobpipe.yaml any more")
    if said.webhook is not None:
        from jobpipe.incidents.notifications.channels.webhook import WebhookChannel

        return WebhookChannel(said, environ)
    if said.apprise is not None:
        from jobpipe.incidents.notifications.channels.service import AppriseChannel

        return AppriseChannel(said, environ)
    from jobpipe.incidents.notifications.channels.file import FileChannel

    return FileChannel(project.root / (said.file or ""))
