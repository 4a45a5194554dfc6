"""Operating system account of the embedded server: choose it by the data's owner, never root; run programs.

Usually it is the current one. PostgreSQL does not run as root: for root it is the owner of the data, or
`nobody` if that is root too; no account is created and no permission is widened. The account needs access to

- its data, which may be below folders that it cannot enter (`/root`, mode 0700). The server is started *in*
  its data folder, with `/proc/self/cwd` as its path: a working directory needs no access to its parents;
- its programs, which `binaries.py` copies to a readable folder if the installed ones are not readable.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from okr_api.store.embedded.errors import AccountHasNoName, NoAccountForTheServer

UNPRIVILEGED = "nobody"
HERE = Path("/proc/self/cwd")

# Nothing is inherited: PGPORT, PGOPTIONS, PGDATA and similar variables would change what the server does.
ENVIRONMENT = {"LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Account:
    """Account to run programs as; without a `uid` the current one."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_data(cls, *folders: Path) -> Self:
        """Return the current account; for root, the first ordinary owner of the folders, or `nobody`.

        Raises:
            NoAccountForTheServer: there is no such owner and no account `nobody`.
        """
        if os.geteuid() != 0:
            return cls(name=str(os.geteuid()))
        owners = (folder.stat().st_uid for folder in folders if folder.exists())
        account = next(filter(None, map(_account_of, owners)), None)
        if account is None:
            try:
                account = pwd.getpwnam(UNPRIVILEGED)
            except KeyError:
                raise NoAccountForTheServer(account=UNPRIVILEGED) from None
        return cls(name=account.pw_name, uid=account.pw_uid, gid=account.pw_gid)

    @staticmethod
    def check_name() -> None:
        """Raise `AccountHasNoName` where initdb would fail: `docker run --user 12345` has no user name."""
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise AccountHasNoName(uid=os.geteuid()) from None

    def name_for(self, folder: Path) -> Path:
        """Return the path by which a program of this account can access its working directory `folder`."""
        return HERE if self.uid is not None and HERE.exists() else folder

    def give(self, path: Path) -> None:
        """Make this account the owner of a file or folder; symbolic links are not followed."""
        if self.uid is not None and self.gid is not None:
            os.lchown(path, self.uid, self.gid)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        handing_down: Sequence[int] = (),
        log: int | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in a folder, which inherits open locks; return its output, or write it to `log`."""
        return subprocess.run(
            command,
            cwd=folder,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if log is None else log,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            pass_fds=handing_down,
            start_new_session=True,  # Ctrl-C in the terminal must not reach the server
        )


def _account_of(uid: int) -> pwd.struct_passwd | None:
    """Return the account with this uid; None for root and for a uid without a name, as initdb needs one."""
    try:
        return pwd.getpwuid(uid) if uid else None
    except KeyError:
        return None
