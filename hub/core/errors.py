"""The errors of the hub: each has a code, says whether trying again may help, and what to do next."""


class HubError(Exception):
    """Something a caller of the hub should be told, in one sentence."""

    code = "internal"
    retryable = False

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class InvalidArguments(HubError):
    """An argument is missing, of the wrong kind, or out of its bounds."""

    code = "invalid_arguments"


class CallNotFound(HubError):
    """No VoiceCall has this id."""

    code = "call_not_found"


class AlreadyEnded(HubError):
    """The VoiceCall is over, so nothing can be done to it any more."""

    code = "already_ended"


class ChangedSince(HubError):
    """What was looked at is not what is there now, so that it cannot be meant."""

    code = "changed_since"
    retryable = True


class NoSuchQuestion(HubError):
    """No question of this id waits for an answer (any more)."""

    code = "no_such_question"


class NoSuchAction(HubError):
    """No change of this id waits for a yes (any more)."""

    code = "no_such_action"


class TooManyCalls(HubError):
    """As many VoiceCalls are running as `limits.calls` allows."""

    code = "too_many_calls"
    retryable = True


class OverBudget(HubError):
    """What calls may cost has been spent."""

    code = "over_budget"


class ServerUnavailable(HubError):
    """The MCP server (or the part of the hub) that is needed is not up."""

    code = "server_unavailable"
    retryable = True


class UnsupportedInMode(HubError):
    """Not every mode of VoiceCall can do it."""

    code = "unsupported_in_mode"


class Unauthorized(HubError):
    """A token, key or cookie is missing, wrong or expired."""

    code = "unauthorized"


class NotFound(HubError):
    """No such server, tool or page."""

    code = "not_found"


class ConfigurationError(HubError):
    """A setting or a file of the user's cannot be used as it is."""

    code = "configuration"


class Unavailable(HubError):
    """A program, port or file that the hub needs cannot be had on this machine."""

    code = "unavailable"


class IllegalInput(Exception):
    """A state machine got an input that its state can neither accept nor ignore: a defect of ours."""
