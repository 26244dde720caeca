"""All planted bugs and all twins."""

from tests.planted_bugs import answers, keys, sagas, signals, ways

BUGS = (*keys.BUGS, *sagas.BUGS, *answers.BUGS, *ways.BUGS, *signals.BUGS)
TWINS = (*keys.TWINS, *sagas.TWINS, *answers.TWINS, *ways.TWINS, *signals.TWINS)
