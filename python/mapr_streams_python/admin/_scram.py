"""Requests about users of SCRAM, the passwords that the cluster itself keeps."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, overload

from ..cimpl import _AdminClient
from ._requests import OrderedEnum, elements, integer, member, once, request, request_one, text


class ScramMechanism(OrderedEnum):
    """How a user proves the password."""

    UNKNOWN = 0
    SCRAM_SHA_256 = 1
    SCRAM_SHA_512 = 2


@dataclass
class ScramCredentialInfo:
    """What can be told of a credential.

    Attributes:
        mechanism: the `ScramMechanism` that it is for.
        iterations: how many times the password was hashed; brokers take 4096 to 16384.
    """

    mechanism: ScramMechanism
    iterations: int

    def __hash__(self) -> int:
        return hash((self.mechanism, self.iterations))


@dataclass(eq=False)
class UserScramCredentialsDescription:
    """A user, and for which mechanisms there is a credential.

    Attributes:
        user: the name.
        scram_credential_infos: a list of `ScramCredentialInfo`.
    """

    user: str
    scram_credential_infos: list[ScramCredentialInfo]


@dataclass(eq=False)
class UserScramCredentialAlteration:
    """What `UserScramCredentialUpsertion` and `UserScramCredentialDeletion` have in common.

    Attributes:
        user: the name.
    """

    user: str


@dataclass(eq=False)
class UserScramCredentialUpsertion(UserScramCredentialAlteration):
    """A credential that is to be made, or replaced.

    Attributes:
        user: the name.
        scram_credential_info: for which mechanism, and with how many iterations.
        password: as bytes. Brokers get what is computed from it, and never the password.
        salt: as bytes; None has librdkafka make one.
    """

    scram_credential_info: ScramCredentialInfo
    password: bytes = field(repr=False)
    salt: bytes | None = field(default=None, repr=False)


@dataclass(eq=False)
class UserScramCredentialDeletion(UserScramCredentialAlteration):
    """A credential that is to be deleted.

    Attributes:
        user: the name.
        mechanism: of which mechanism.
    """

    mechanism: ScramMechanism


def _mechanism(name: str, given: object) -> ScramMechanism:
    if not isinstance(given, ScramMechanism):
        raise TypeError(f"{name} must be a ScramMechanism, not {type(given).__name__}")
    if given is ScramMechanism.UNKNOWN:
        raise ValueError(f"{name} cannot be UNKNOWN")
    return given


def _secret(name: str, given: object) -> bytes:
    if not isinstance(given, bytes):
        raise TypeError(f"{name} must be bytes, not {type(given).__name__}")
    if not given:
        raise ValueError(f"{name} must not be empty")
    return given


def _row(name: str, alteration: UserScramCredentialAlteration) -> tuple[Any, ...]:
    user = text(f"{name}.user", alteration.user)
    if isinstance(alteration, UserScramCredentialDeletion):
        return user, _mechanism(f"{name}.mechanism", alteration.mechanism).value
    if not isinstance(alteration, UserScramCredentialUpsertion):
        raise TypeError(
            f"{name} must be UserScramCredentialUpsertion or UserScramCredentialDeletion, not"
            f" {type(alteration).__name__}"
        )
    info = alteration.scram_credential_info
    if not isinstance(info, ScramCredentialInfo):
        raise TypeError(f"{name}.scram_credential_info must be ScramCredentialInfo, not {type(info).__name__}")
    name_of_info = f"{name}.scram_credential_info"
    mechanism = _mechanism(f"{name_of_info}.mechanism", info.mechanism)
    iterations = integer(f"{name_of_info}.iterations", info.iterations)
    if iterations is None:
        raise TypeError(f"{name_of_info}.iterations must be an int, not None")
    if iterations < 1:
        raise ValueError(f"{name_of_info}.iterations must be 1 or more, not {iterations}")
    password = _secret(f"{name}.password", alteration.password)
    salt = None if alteration.salt is None else _secret(f"{name}.salt", alteration.salt)
    return user, mechanism.value, iterations, password, salt


def _description(found: tuple[str, list[tuple[int, int]]]) -> UserScramCredentialsDescription:
    user, credentials = found
    infos = [ScramCredentialInfo(member("mechanism", number, ScramMechanism), count) for number, count in credentials]
    return UserScramCredentialsDescription(user, infos)


def _described(item: tuple[BaseException | None, Any]) -> tuple[BaseException | None, Any]:
    return item[0], None if item[1] is None else _description(item[1])


def _all_described(answer: list[tuple[BaseException | None, Any]]) -> tuple[BaseException | None, Any]:
    found = [_described(item) for item in answer]
    exception = next((exception for exception, _ in found if exception is not None), None)
    return exception, None if exception is not None else {each.user: each for _, each in found}


def _altered(item: tuple[BaseException | None, None]) -> tuple[BaseException | None, None]:
    return item


class ScramRequests(_AdminClient):
    """The requests about users of SCRAM."""

    @overload
    def describe_user_scram_credentials(
        self, users: None = None, *, request_timeout: float | None = None
    ) -> Future[dict[str, UserScramCredentialsDescription]]: ...
    @overload
    def describe_user_scram_credentials(
        self, users: Sequence[str], *, request_timeout: float | None = None
    ) -> dict[str, Future[UserScramCredentialsDescription]]: ...
    def describe_user_scram_credentials(
        self, users: Sequence[str] | None = None, *, request_timeout: float | None = None
    ) -> Future[dict[str, UserScramCredentialsDescription]] | dict[str, Future[UserScramCredentialsDescription]]:
        """Ask which users there are, and for which mechanisms each has a credential.

        Args:
            users: their names; None for all that have any. None are asked for where the list is empty.
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future for each user, by the name, whose result is a `UserScramCredentialsDescription`; its exception is
            a `KafkaException`, ``RESOURCE_NOT_FOUND`` of a user that has none. Where ``users`` is None one future for
            all, whose result is a dict of these.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: the loaded librdkafka is older than 2.2.0 (``_NOT_IMPLEMENTED``).
            RuntimeError: the client is closed.

        ``rd_kafka_DescribeUserScramCredentials``.
        """
        name = "describe_user_scram_credentials"
        if users is None:
            return request_one(self, name, None, _all_described, request_timeout=request_timeout)
        names = elements("users", users, str, "str", may_be_empty=True)
        for index, user in enumerate(names):
            text(f"users[{index}]", user)
        once("users", names)
        return request(self, name, names, names, _described, request_timeout=request_timeout)

    def alter_user_scram_credentials(
        self, alterations: Sequence[UserScramCredentialAlteration], *, request_timeout: float | None = None
    ) -> dict[str, Future[None]]:
        """Make, replace and delete credentials.

        Who is to log in with SCRAM needs librdkafka 2.6.1 or newer where the brokers are Kafka 4.0 or newer.

        Args:
            alterations: a list of `UserScramCredentialUpsertion` and `UserScramCredentialDeletion`, one for each user
                and mechanism at the most. Kafka takes one for each user (``DUPLICATE_RESOURCE``).
            request_timeout: how many seconds to wait for the answer.

        Returns:
            A future for each user, by the name. Its exception is a `KafkaException`: ``RESOURCE_NOT_FOUND`` where
            there is nothing to delete, ``UNACCEPTABLE_CREDENTIAL`` where the brokers do not take the iterations.

        Raises:
            TypeError, ValueError: of an argument, which is named.
            KafkaException: the loaded librdkafka is older than 2.2.0 (``_NOT_IMPLEMENTED``).
            RuntimeError: the client is closed.

        ``rd_kafka_AlterUserScramCredentials``.
        """
        kinds = "UserScramCredentialUpsertion or UserScramCredentialDeletion"
        found = elements("alterations", alterations, UserScramCredentialAlteration, kinds)
        rows = [_row(f"alterations[{index}]", alteration) for index, alteration in enumerate(found)]
        once("alterations", [(row[0], ScramMechanism(row[1]).name) for row in rows])
        users = list(dict.fromkeys(row[0] for row in rows))
        return request(self, "alter_user_scram_credentials", rows, users, _altered, request_timeout=request_timeout)
