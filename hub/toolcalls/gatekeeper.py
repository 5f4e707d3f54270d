"""Stands before each ToolCall of a voice call: judges it, has the caller asked, holds a yes to the letter."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.core import gate
from hub.core.catalog import Route
from hub.core.gate import Ruling, Verdict
from hub.core.ports import Caller
from hub.core.question import question, statements
from hub.core.records import Approval, ApprovalState
from hub.core.spec import Confirm
from hub.core.statements import Act, Deed
from hub.core.wording import wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool of a scope; `writes`: it may change something, `has_twin`: a session that cannot has it too."""

    route: Route
    confirm: Confirm
    has_twin: bool
    writes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One ToolCall as it would be sent; nobody else holds these arguments."""

    offer: Offer
    arguments: Mapping[str, Any]
    told: Mapping[str, Any]
    """The arguments without those that servers.json fixes: what the caller is told of."""
    deeds: tuple[Deed, ...] | None
    language: str | None

    @classmethod
    def of(cls, offer: Offer, given: Mapping[str, Any], language: str | None) -> "Wanted":
        """Copy what was given, so that nothing can change it while the caller is asked."""
        own = copy.deepcopy(dict(given))
        arguments = offer.route.arguments(own)
        return cls(
            offer=offer,
            arguments=arguments,
            told={key: value for key, value in own.items() if key not in offer.route.preset},
            deeds=statements(offer.route, arguments),
            language=language,
        )

    def ruling(self) -> Ruling:
        """What the gate says."""
        offer = self.offer
        return gate.rule(offer.route, offer.confirm, self.deeds, has_twin=offer.has_twin, writes=offer.writes)

    def refused_by_twin(self) -> tuple[Ruling, "Wanted"]:
        """What the gate says once a session that cannot write has refused: it would have written."""
        deeds = self.deeds
        if deeds is not None and all(deed.act is Act.READ for deed in deeds):
            deeds = (*deeds, Deed(act=Act.UNREADABLE))
        if not self.offer.writes:
            return Ruling(Verdict.DENY, twin=False), self
        verdict = Verdict.ALLOW if self.offer.confirm is Confirm.NEVER else Verdict.CONFIRM
        return Ruling(verdict, twin=False), replace(self, deeds=deeds)

    async def confirmed(self, caller: Caller) -> Approval:
        """Ask the caller, who says yes to exactly this or not at all."""
        route = self.offer.route
        bound = gate.fingerprint(route, self.arguments)
        asked = question(route, self.told, self.deeds, wording(self.language))
        approval = await caller.confirm(replace(asked, fingerprint=bound))
        if approval.state is ApprovalState.APPROVED and approval.fingerprint != bound:
            return replace(approval, state=ApprovalState.CHANGED)
        return approval
