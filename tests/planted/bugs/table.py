"""All planted bugs and all twins."""

from tests.planted.bugs import answers, families, keys, lives, models, reports, sagas, signals, ways

BUGS = (
    *keys.BUGS,
    *sagas.BUGS,
    *answers.BUGS,
    *ways.BUGS,
    *families.BUGS,
    *signals.BUGS,
    *lives.BUGS,
    *models.BUGS,
    *reports.BUGS,
)
TWINS = (
    *keys.TWINS,
    *sagas.TWINS,
    *answers.TWINS,
    *ways.TWINS,
    *families.TWINS,
    *signals.TWINS,
    *lives.TWINS,
    *models.TWINS,
    *reports.TWINS,
)
