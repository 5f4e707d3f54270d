"""What runs under one name, and what an edit leads to: a new version beside it or after, and a way back."""

import logging
from dataclasses import dataclass

from hub.core.plan import Step
from hub.core.spec import Replace, ServerSpec
from hub.pool.call_sessions import CallSessions
from hub.pool.launcher import Launcher
from hub.pool.versions import GIVEN_UP, Version

EARLY_LOSSES = 2
"""A new version that was up and is lost so often, before it was ever stable, has not held."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """An edit that was taken back, since its version did not come up, or not stay up."""

    spec: ServerSpec
    why: str


class Server:
    """One server of servers.json; a new version takes over when it is up, and is left when it is no good."""

    def __init__(self, launcher: Launcher, sessions: CallSessions, spec: ServerSpec) -> None:
        self._launcher = launcher
        self._sessions = sessions
        self.current = launcher.launch(spec, like=None)
        self.candidate: Version | None = None
        self._fallback: Version | None = None
        """What worked before the current version, until that has proved itself."""
        self._refused: _Refused | None = None
        self.held: str | None = None
        """Why the file's entry is not gone by."""

    @property
    def wanted(self) -> ServerSpec:
        """The spec that has been asked for last."""
        if self.candidate is not None:
            return self.candidate.spec
        return self._refused.spec if self._refused is not None else self.current.spec

    @property
    def edit_error(self) -> str | None:
        """What is wrong with the edit that was made last."""
        if self.candidate is not None and (error := self.candidate.last_error) is not None:
            return f"the new version does not come up, so the old one stays: {error}"
        return self._refused.why if self._refused is not None else self.held

    def replace(self, step: Step) -> None:
        """Go over to another version, as soon as it is up; to the one that runs, at once."""
        if step.spec is not None:
            self._go_to(step.spec, beside=step.beside and self._beside(step.spec))

    def update(self, step: Step) -> None:
        """Go by another policy; one for an edit that was taken back is another try of that."""
        if step.spec is None:
            return
        if self._refused is not None:
            self._go_to(step.spec, beside=self._beside(step.spec))
        else:
            (self.candidate or self.current).adopt(step.spec)

    def keep(self) -> None:
        """Try again what had given up: whatever it failed of may be mended."""
        for version in self._versions():
            for member in version.members:
                if member.state in GIVEN_UP:
                    member.runner.cause_changed()

    def restart(self) -> None:
        """Start everything anew, at once; also an edit that was taken back gets another chance."""
        if self._refused is not None:
            self._go_to(self._refused.spec, beside=self._beside(self._refused.spec))
            return
        for version in self._versions():
            for session in version.sessions:  # one of a call that is over finishes what it is asked, and goes
                for member in session.members:
                    member.runner.restart()

    def stop(self) -> None:
        """Let everything go."""
        self._drop_candidate()
        self._launcher.retire(self.current)

    def look(self) -> bool:
        """Decide what follows from a change of state; whether another version is current now."""
        if self.candidate is not None and self.candidate.ready:
            self._swap(self.candidate)
            return True
        if self._fallback is None:
            return False
        if self.current.proved:
            self._fallback = None
        elif (why := self._in_vain()) is not None:
            self._go_back(self._fallback, why)
            return True
        return False

    def settle(self) -> None:
        """Have as many sessions for calls as are needed now."""
        for version in self._versions():
            self._sessions.settle(version)

    def _beside(self, spec: ServerSpec) -> bool:
        """Whether both what runs and what shall run allow that."""
        return Replace.AFTER not in (self.current.spec.replace, spec.replace)

    def _versions(self) -> list[Version]:
        return [self.current] if self.candidate is None else [self.current, self.candidate]

    def _go_to(self, spec: ServerSpec, *, beside: bool) -> None:
        self._drop_candidate()
        self._refused = None
        old = self.current
        if spec.fingerprint == old.spec.fingerprint:  # the edit was taken back
            old.adopt(spec)
        elif beside and not old.given_up:
            self.candidate = self._launcher.launch(spec, like=old)
            self._sessions.follow(self.candidate, old)
        else:
            earlier, self._fallback = self._fallback, self._way_back(spec)
            self._launcher.retire(old)
            new = self._launcher.launch(spec, like=old, after=None if beside else old)
            if earlier is not None and earlier.spec.fingerprint == spec.fingerprint:
                new.returns(earlier)
            self._take_over(new)

    def _take_over(self, new: Version) -> None:
        self._sessions.follow(new, self.current)
        self.current = new

    def _swap(self, new: Version) -> None:
        old, self.candidate = self.current, None
        self._fallback = self._way_back(new.spec)
        self._take_over(new)
        _log.info("%s: the new version is up and takes over", new.spec.name)
        self._launcher.retire(old)

    def _drop_candidate(self) -> None:
        if self.candidate is not None:
            self._launcher.retire(self.candidate)
            self.candidate = None

    def _way_back(self, new: ServerSpec) -> Version | None:
        """Find what can be started again if the new version turns out to be no good."""
        old, earlier = self.current, self._fallback
        if earlier is not None and earlier.spec.fingerprint == new.fingerprint:
            earlier = None
        works = (old.been_ready or old.returned) and not old.given_up
        newer = earlier is None or old.proved or old.trust > earlier.trust
        return old if works and newer else earlier

    def _in_vain(self) -> str | None:
        """Say why the current version is no good, if it has shown that."""
        for member in self.current.shared.members:
            error = member.last_error or "it has given up"
            if not member.been_ready and (member.lost_early or member.state in GIVEN_UP):
                return f"the new version does not come up, so the old one is back: {error}"
            if member.lost_early >= EARLY_LOSSES or member.state in GIVEN_UP:
                return f"the new version does not stay up, so the old one is back: {error}"
        return None

    def _go_back(self, old: Version, why: str) -> None:
        new = self.current
        _log.warning("%s: %s", new.spec.name, why)
        self._refused, self._fallback = _Refused(spec=new.spec, why=why), None
        self._launcher.retire(new)
        after = None if self._beside(old.spec) else new
        back = self._launcher.launch(old.spec, like=old, after=after)
        back.returns(old)
        self._take_over(back)
