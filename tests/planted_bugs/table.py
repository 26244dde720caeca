"""All planted bugs and all twins."""

from tests.planted_bugs import keys, sagas

BUGS = (*keys.BUGS, *sagas.BUGS)
TWINS = (*keys.TWINS, *sagas.TWINS)
