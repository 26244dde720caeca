"""Histories are read from real stores, S3 and Google Cloud Storage, and what they refuse is told without a key."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exporting import KEY, ids
from tests.history_files import cli, documents, legacy
from tests.project import Project, Result
from tests.stores import BUCKET, S3, gcs, refusing_gcs, s3

pytestmark = pytest.mark.long

ONE, OTHER, THIRD = documents()[:3]
# As Temporal Cloud lays them out, beside what people put there.
FILES = {
    "temporal-workflow-history/export/shop.a1b2c/2026/01/31/17/00/hourly": legacy([ONE, OTHER]),
    "temporal-workflow-history/export/shop.a1b2c/2026/01/31/18/00/hourly": legacy([OTHER]),
    "saved/by hand/three+1.json.gz": gzip.compress(cli(THIRD)),
    "saved/": b"",
    "saved/.hidden.json": b"{",
    "other/README.md": b"no history\n",
}
WORKFLOW_IDS = sorted(each["replaykit"]["workflowId"] for each in (ONE, OTHER, THIRD))
LIST, READ = "s3:ListBucket", "s3:GetObject"
SECRET = "wolfsbane/of+the+tests"  # noqa: S105 - made up here


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with s3(tmp_path_factory.mktemp("home")) as running:
        running.put(FILES)
        yield running


def export(*locations: str, env: dict[str, str]) -> Result:
    places = [word for location in locations for word in ("--from", location)]
    return Project().run_cli("export", *places, env={"TEMPORAL_ADDRESS": "127.0.0.1:1", **KEY, **env})


def refused(location: str, env: dict[str, str]) -> str:
    result = export(location, env=env)
    assert result.code == 2, result.stdout + result.stderr
    assert notes_nothing(result)
    for name, value in env.items():
        assert not name.endswith("_KEY") or value not in result.stdout + result.stderr
    return result.stderr


def notes_nothing(result: Result) -> bool:
    return not any(path.startswith("fixtures/") for path in result.files)


def test_a_bucket_of_s3_is_exported_from_as_a_directory_is(store: S3) -> None:
    result = export(f"s3://{BUCKET}", env=store.process("any", "any"))
    assert result.code == 0, result.stderr
    assert ids(result) == WORKFLOW_IDS
    assert "3 histories exported" in result.stdout
    assert "1 duplicate dropped" in result.stdout


def test_one_object_and_what_is_below_a_prefix_of_s3_are_exported(store: S3) -> None:
    below = f"s3://{BUCKET}/temporal-workflow-history/export/shop.a1b2c/2026/01/31/18"
    result = export(below, f"s3://{BUCKET}/saved/by hand/three+1.json.gz", env=store.process("any", "any"))
    assert result.code == 0, result.stderr
    assert ids(result) == sorted(each["replaykit"]["workflowId"] for each in (OTHER, THIRD))


def test_listing_and_reading_are_the_only_rights_that_s3_is_asked_for(store: S3) -> None:
    key, secret = store.key_of("reader", LIST, READ)
    with store.strict():
        result = export(f"s3://{BUCKET}/saved", env=store.process(key, secret))
    assert result.code == 0, result.stderr
    assert len(ids(result)) == 1


def test_a_store_without_credentials_in_the_environment_says_how_to_get_some(store: S3) -> None:
    assert refused(f"s3://{BUCKET}/saved", store.process()) == (
        f"s3://{BUCKET}/saved cannot be read.\n"
        "Cause: no credentials for it are found in this environment\n"
        "Fix:   set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
        f"then: aws s3 ls s3://{BUCKET}/\n"
        "Docs:  docs/errors.md#source-unreadable\n"
    )


def test_a_profile_that_is_not_there_is_named_as_the_cause(store: S3) -> None:
    said = refused(f"s3://{BUCKET}/saved", store.process(AWS_PROFILE="nobody"))
    assert "Cause: AWS_PROFILE names a profile that the configuration of AWS does not hold\n" in said


def test_a_bucket_that_is_not_there_is_told_from_an_empty_place_in_one(store: S3) -> None:
    env = store.process("any", "any")
    said = refused("s3://no-such-bucket-here/saved", env)
    assert "Cause: there is no bucket no-such-bucket-here, or the credentials of this environment" in said
    assert "aws s3 ls s3://no-such-bucket-here/\n" in said
    assert "Cause: no file or directory has this path\n" in refused(f"s3://{BUCKET}/nothing/here", env)


def test_a_key_that_s3_does_not_take_and_a_right_that_it_lacks_are_told_apart_and_not_shown(store: S3) -> None:
    known, secret = store.key_of("without-rights")
    causes = {
        ("AKIAWOLFSBANE0TESTS0", SECRET): "the store does not know the access key",
        (known, SECRET): "the secret key does not belong to the access key",
        (known, secret): "the credentials are known, and have no right to list or read there",
    }
    with store.strict():
        for (key, its), cause in causes.items():
            said = refused(f"s3://{BUCKET}/saved", {**store.process(key, its), "AWS_SESSION_KEY": key})
            assert f"Cause: {cause}\n" in said
    assert f"Fix:   allow s3:ListBucket on the bucket {BUCKET} and s3:GetObject in it; " in said


def test_an_object_that_may_be_listed_and_not_read_costs_itself(store: S3) -> None:
    key, secret = store.key_of("lister", LIST)
    with store.strict():
        said = refused(f"s3://{BUCKET}/saved", store.process(key, secret))
    assert said.startswith(f"s3://{BUCKET}/saved/by hand/three+1.json.gz cannot be read.\n")
    assert "have no right to list or read there" in said


def test_a_bucket_of_google_cloud_storage_is_exported_from_as_a_directory_is(tmp_path: Path) -> None:
    with gcs(tmp_path, FILES) as google:
        result = export(f"gs://{BUCKET}", env=dict(google.environment))
        assert result.code == 0, result.stderr
        assert ids(result) == WORKFLOW_IDS
        said = refused("gs://no-such-bucket-here/saved", dict(google.environment))
    assert "Cause: there is no bucket no-such-bucket-here, or " in said
    assert "gcloud storage ls gs://no-such-bucket-here/\n" in said


@pytest.mark.parametrize(
    ("status", "cause", "fix"),
    [
        (401, "the store asks for credentials, and takes none", "gcloud auth application-default login"),
        (
            403,
            "the credentials are refused, or have no right",
            f"grant roles/storage.objectViewer on the bucket {BUCKET}",
        ),
    ],
)
def test_what_google_refuses_is_told_in_two_lines_and_without_its_words(
    status: int, cause: str, fix: str, tmp_path: Path
) -> None:
    with refusing_gcs(tmp_path, status, "wolfsbane@project.iam.gserviceaccount.com may not") as google:
        said = refused(f"gs://{BUCKET}/saved", dict(google.environment))
    assert f"Cause: {cause}" in said
    assert f"Fix:   {fix}" in said
    # gcsfs warns of its own accord, in many lines and with what the store said.
    assert len(said.splitlines()) == 4, said
    assert "wolfsbane" not in said
