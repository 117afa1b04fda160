"""All views, once: keys, `:` line, palette, help and the frame are made from this list; the screen begins with the
first."""

from __future__ import annotations

from .answers.spec import ANSWERS
from .domain.spec import DOMAIN
from .domains.spec import DOMAINS
from .events.spec import EVENTS
from .fleet.spec import FLEET
from .followed.spec import FOLLOWED
from .forwards.spec import FORWARDS
from .heat.spec import HEAT
from .host.spec import HOST
from .jobs.spec import JOBS
from .messages.spec import MESSAGES
from .spec import ViewSpec

VIEWS: tuple[ViewSpec, ...] = (FLEET, DOMAINS, HEAT, EVENTS, JOBS, ANSWERS, FOLLOWED, HOST, DOMAIN, FORWARDS, MESSAGES)
