"""Errors of cassettes."""

from replaykit.errors.problem import ReplaykitError


class CassetteError(ReplaykitError):
    """A cassette cannot be used, or does not hold what was asked."""

    slug = "cassette-error"


class CassetteMissing(CassetteError):
    """There is no cassette at the path, and the mode does not record one."""

    slug = "cassette-missing"


class CassetteCorrupt(CassetteError):
    """A cassette or journal is damaged, cut short, empty, or no cassette at all."""

    slug = "cassette-corrupt"


class CassetteForeign(CassetteError):
    """The file is a cassette of vcrpy, which has a format of its own."""

    slug = "cassette-foreign"


class CassetteVersion(CassetteError):
    """A cassette or journal was written by a newer replaykit."""

    slug = "cassette-version"


class CassetteExists(CassetteError):
    """A cassette would be written over another."""

    slug = "cassette-exists"


class CassetteUnwritable(CassetteError):
    """A cassette or journal cannot be written."""

    slug = "cassette-unwritable"


class CassetteAmbiguous(CassetteError):
    """An HTTP request belongs to none of the cassettes in use, so nobody knows which one is to answer."""

    slug = "cassette-ambiguous"


class FaultUnknown(CassetteError):
    """A fault is named that does not exist, or with arguments that it does not take."""

    slug = "fault-unknown"


class FaultImpossible(CassetteError):
    """A fault cannot happen to the recording that it is to replace."""

    slug = "fault-impossible"


class FaultNotFired(CassetteError):
    """A fault was put in front of a recording, and nobody ran into it: the test proves nothing of it."""

    slug = "fault-not-fired"
    exit_code = 1


class CassetteMiss(CassetteError):
    """The code asked something that was never recorded."""

    slug = "cassette-miss"
    exit_code = 1


class CassetteUnused(CassetteError):
    """Recordings were not asked for, and the caller wants all of them to be."""

    slug = "cassette-unused"
    exit_code = 1


class CassetteExpired(CassetteError):
    """Recordings are older than their cassette allows, and the caller wants none that are."""

    slug = "cassette-expired"
    exit_code = 1


class CassetteBypass(CassetteError):
    """An activity reached past a cassette that answers everything: another host, or another process."""

    slug = "cassette-bypass"
    exit_code = 1
