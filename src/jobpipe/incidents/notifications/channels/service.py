"""The many services that Apprise knows (https://github.com/caronc/apprise), in the extra `notify`."""

from __future__ import annotations

from collections.abc import Mapping

from jobpipe.definition.notifying import Channel
from jobpipe.errors import DefinitionError, Place
from jobpipe.incidents.notifications.channels.envelope import ChannelError, Envelope, within
from jobpipe.safety.secrets import expand, process_redactor


class AppriseChannel:
    """The network guard does not hold here: which service is told is the house's own word, no client's."""

    def __init__(self, said: Channel, environ: Mapping[str, str]) -> None:
        self._url = expand(said.apprise or "", environ, process_redactor)
        self._timeout = said.timeout

    def __call__(self, envelope: Envelope) -> None:
        try:
            import apprise
        except ImportError as error:
            place = Place(source="jobpipe.yaml", field="notify.channels")
            raise DefinitionError("needs Apprise", place=place, hint="pip install 'job-pipe[notify]'") from error
        service = apprise.Apprise()
        if not service.add(self._url):
            raise ChannelError("Apprise knows no such service", hint="see its list of services for how to write it")

        def notify() -> None:
            if not service.notify(title=envelope.subject, body=envelope.text, body_format=apprise.NotifyFormat.TEXT):
                raise ChannelError(f"the service {self._url.partition('://')[0]} did not take it")

        within(self._timeout, notify)
