"""What the calls of one worker have in common."""

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.core.wire import Brief
from hub.voice.cached_speech import CachedSpeech
from hub.voice.hub_client import HubClient
from hub.voice.models import Models
from hub.voice.persona import DEFAULT, Persona

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """Built once, at the start of the worker."""

    worker_id: str
    hub: HubClient
    models: Models
    cached: CachedSpeech
    personas: Mapping[str, Persona]
    secure: ssl.SSLContext
    spawn: Callable[..., object]
    """Starts a task that belongs to the worker and may outlive a call."""

    def persona(self, brief: Brief) -> Persona:
        """The persona that the call asks for, in its language; an unknown name means the default."""
        wanted = brief.persona or DEFAULT
        if wanted not in self.personas:
            log.warning("call %s asks for the unknown persona %s", brief.call_id, wanted)
        return (self.personas.get(wanted) or self.personas[DEFAULT]).speaking(brief.language)
