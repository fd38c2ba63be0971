"""Client of jieli: `generated` is made from the OpenAPI document by `make clients`, the rest is written by hand."""

from .problems import Problem, TokenRefused, UnexpectedAnswer
from .session import connect, each, etag, take
from .tokens import ClientCredentials, Password, RefreshToken, TokenAuth, TokenExchange

__all__ = [
    "ClientCredentials",
    "Password",
    "Problem",
    "RefreshToken",
    "TokenAuth",
    "TokenExchange",
    "TokenRefused",
    "UnexpectedAnswer",
    "connect",
    "each",
    "etag",
    "take",
]
