"""Reasons why a token of an identity provider is rejected, and that its keys cannot be fetched."""

from okr_api.okr.errors import Busy, Forbidden, Refused


class TokenRejected(Refused):
    """The JSON Web Token is invalid; the client needs another one."""

    @classmethod
    def code(cls) -> str:
        """Return the code that clients know for tokens of any kind."""
        return "NOT_AUTHENTICATED"


class SignInRejected(TokenRejected):
    """The JSON Web Token is valid, but no person may sign in with it; another token would not help."""

    @classmethod
    def code(cls) -> str:
        """Return the code of `Forbidden`."""
        return Forbidden.code()


class ProviderUnavailable(Busy):
    """The keys of the identity provider are needed and cannot be fetched now."""

    @classmethod
    def code(cls) -> str:
        """Return the code of `Busy`, which clients retry."""
        return Busy.code()
