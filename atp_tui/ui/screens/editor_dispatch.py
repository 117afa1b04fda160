"""What the key of the editor does: hosts.toml is opened where it stands, at the line of a host."""

from __future__ import annotations

from pathlib import Path

from ...model.message import told
from ...model.say import Say
from ..editor import edit, editor, opening
from ..services import Services
from ..targeting import Targeting
from ..text import safe
from ..words import sentence
from .form_surface import FormSurface


class EditorDispatch:
    """Opens the person's editor; what it writes is followed as any other change of the file."""

    def __init__(self, screen: FormSurface, services: Services, targeting: Targeting) -> None:
        self._screen = screen
        self._fleet = services.fleet
        self._file = services.file
        self._read_only = services.read_only
        self._targeting = targeting

    def open(self) -> None:
        """Open it at the host under the cursor; of a group at its first one."""
        if self._read_only:
            self._screen.tell(sentence(told(Say.READ_ONLY, action="open-editor")), wrong=True)
        elif self._file is None:
            self._screen.tell(sentence(told(Say.NO_HOSTS_FILE)), wrong=True)
        else:
            self._screen.spawn(self._edited(self._file, self._targeting.cursor[:1]))

    async def _edited(self, file: Path, hosts: tuple[str, ...]) -> None:
        command = editor()
        if command is None:
            self._screen.tell("no editor is to be found: set VISUAL or EDITOR", wrong=True)
            return
        place = await self._fleet.place_of(hosts[0]) if hosts else None
        at = (file, None) if place is None else (Path(place.file), place.line)
        wrong = await edit(self._screen.app, opening(command, *at))
        if wrong:
            self._screen.tell(safe(wrong), wrong=True)
