"""Reasons why a token of an identity provider is rejected, and that its keys cannot be fetched."""

from okr_api.okr.errors import Busy, Forbidden, Refused


class NotAuthenticated(Refused):
    """The request carries no token, or one that is unknown, expired or revoked."""

    @classmethod
    def any_more(cls) -> "NotAuthenticated":
        """Return the error that ends what a token had begun, also because its rights have changed."""
        return cls("The token has expired, was revoked or has other rights now: connect again")


class TokenRejected(NotAuthenticated):
    """The JSON Web Token is invalid; the client needs another one."""

    @classmethod
    def code(cls) -> str:
        """Return the code that clients know for tokens of any kind."""
        return NotAuthenticated.code()


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
