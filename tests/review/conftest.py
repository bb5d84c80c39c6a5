import pytest

from tests.dataset.factories import make_dataset
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue
from viewer.review import ReviewDesk, Reviews, Verdict

STEMS = [f"a_{k}" for k in range(6)]


@pytest.fixture
def data(tmp_path):
    lists = {"train": ["a_4", "a_0", "not_here", "a_2"], "val": ["a_1"]}
    return make_dataset(tmp_path / "data", stems=STEMS, frames=4, splits=lists)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "home" / "reviews.sqlite"


@pytest.fixture
def open_desk(data, file, tmp_path):
    """A desk as after a start of the viewer, with options of its own."""
    catalogues = []

    def start(**options):
        dataset = Dataset.open(data)
        catalogue = Catalogue.open(dataset, cache=tmp_path / "cache")
        catalogue.update()
        catalogues.append(catalogue)
        return ReviewDesk(dataset, catalogue, Reviews(file), **options)

    yield start
    for catalogue in catalogues:
        catalogue.close()


@pytest.fixture
def desk(open_desk):
    return open_desk()


def judge(desk, stem, verdict="bad", **more):
    return desk.judge(Verdict(stem=stem, motion_hash=desk.motion_hash(stem), verdict=verdict, **more))
