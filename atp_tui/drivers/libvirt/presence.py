"""Whether libvirt's Python binding is there and can be loaded, for a person who asks. Nothing is connected."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from ...model.data_class import dataclass
from .binding import CALLS_TOGETHER, import_silenced


@dataclass(frozen=True, slots=True)
class BindingFound:
    """`binding` is its own version ("" where no metadata tells), `library` that of the C library, as 9000000 for 9.0.0.

    `error`: why it could not be loaded; then there is no `library`.
    """

    binding: str = ""
    library: int | None = None
    error: str = ""

    @property
    def one_call_at_a_time(self) -> bool:
        """Whether two calls at a time on one connection can crash the program (CVE-2024-4418)."""
        return self.library is not None and self.library < CALLS_TOGETHER


def find_binding() -> BindingFound:
    """Load the binding and ask it. It is loaded afterwards."""
    try:
        own = version("libvirt-python")
    except PackageNotFoundError:
        own = ""
    try:
        return BindingFound(own, int(import_silenced().getVersion()))
    except ImportError as error:
        return BindingFound(own, error=str(error))
