"""What is started of one version of a spec: a session for everybody, and one per voice call where wanted."""

from dataclasses import dataclass, field

from hub.core.spec import ServerSpec, Share
from hub.core.supervisor import State
from hub.pool.served import Served

GIVEN_UP = frozenset({State.FAILED, State.AUTH_REQUIRED})


@dataclass(slots=True, eq=False)
class Session:
    """One session with a server and, where it has a twin, one with that. Number 0 is everybody's."""

    number: int
    main: Served
    twin: Served | None = None

    @property
    def members(self) -> list[Served]:
        return [self.main, self.twin] if self.twin is not None else [self.main]

    @property
    def ready(self) -> bool:
        return all(member.ready for member in self.members)

    def adopt(self, spec: ServerSpec) -> None:
        self.main.adopt(spec)
        overlaid = spec.twin()
        if self.twin is not None and overlaid is not None:
            self.twin.adopt(overlaid)


@dataclass(slots=True, eq=False)
class Version:
    """All sessions of one version of a spec."""

    spec: ServerSpec
    shared: Session
    after: "tuple[Version, ...]" = ()
    """What must have gone before anything of this version starts."""
    returned: bool = False
    """It had worked before an edit in vain, and is being started again."""
    doubted: bool = False
    """Before that edit something had spoken against it."""
    calls: dict[str, Session] = field(default_factory=dict)
    """The sessions of voice calls, by call."""
    spare: Session | None = None
    """The session of the next voice call, already up."""
    leaving: list[Session] = field(default_factory=list)
    """Sessions of calls that are over; they finish what they are asked."""
    retired: bool = False

    @property
    def main(self) -> Served:
        return self.shared.main

    @property
    def twin(self) -> Served | None:
        return self.shared.twin

    @property
    def sessions(self) -> list[Session]:
        """All that serve."""
        return [self.shared, *self.calls.values(), *([self.spare] if self.spare is not None else [])]

    @property
    def members(self) -> list[Served]:
        """Everything of it that is not gone."""
        return [member for session in (*self.sessions, *self.leaving) for member in session.members]

    @property
    def per_call(self) -> bool:
        return self.spec.share is Share.CALL

    @property
    def ready(self) -> bool:
        return self.shared.ready

    @property
    def given_up(self) -> bool:
        """Whether it will not come up by itself."""
        return any(member.state in GIVEN_UP for member in self.shared.members)

    @property
    def been_ready(self) -> bool:
        """Whether it has ever been up whole."""
        return all(member.been_ready for member in self.shared.members)

    @property
    def proved(self) -> bool:
        """Whether it has been up for as long as its policy calls stable."""
        return all(member.proved for member in self.shared.members)

    @property
    def trust(self) -> int:
        """2: it has proved itself; 1: it was up, and was not lost; 0: it was lost, or never up."""
        if self.proved:
            return 2
        lost = self.doubted or any(member.runner.snapshot.restarts for member in self.shared.members)
        return int((self.been_ready or self.returned) and not lost)

    @property
    def last_error(self) -> str | None:
        return next((member.last_error for member in self.shared.members if member.last_error), None)

    def returns(self, earlier: "Version") -> None:
        """It is that version once more."""
        self.returned, self.doubted = True, earlier.trust == 0

    def adopt(self, spec: ServerSpec) -> None:
        """Go by a spec that differs in what needs no new process."""
        self.spec = spec
        for session in (*self.sessions, *self.leaving):
            session.adopt(spec)
