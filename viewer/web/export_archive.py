"""The films of an export as one zip file, which is written while it is read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

from viewer import jobs
from viewer.filenames import file_name
from viewer.flame import HeadChoice
from viewer.report.gallery import GALLERY, Film, gallery
from viewer.video.manifest import NAME as MANIFEST
from viewer.video.manifest import manifest_of
from viewer.web.export_order import Order
from viewer.web.zip_stream import Member, file_member, text_member, zip_part, zip_size, zip_tag


class Archive:
    """A zip file of these members. To be closed, also where it was not read."""

    def __init__(self, name: str, members: Sequence[Member], *, closed: Callable[[], None]) -> None:
        self.name = name
        self.size = zip_size(members)
        self.tag = zip_tag(members)
        """The same for the same bytes."""
        self._members = members
        self._chunks: Generator[bytes] | None = None
        self._closed: Callable[[], None] | None = closed

    def chunks(self, first: int = 0, last: int | None = None) -> Generator[bytes]:
        """The bytes from `first` to `last`, both included. Raises VideoError where a film has changed meanwhile."""
        self._chunks = zip_part(self._members, first, self.size - 1 if last is None else last)
        return self._chunks

    def close(self) -> None:
        """Close the file that is open; nothing more is read."""
        if self._chunks is not None:
            self._chunks.close()
        if self._closed is not None:
            self._closed()
            self._closed = None


def archive_name(order: Order, title: str) -> str:
    """File name of the archive; title: of the data set."""
    settings = order.settings
    return f"{file_name(title)}.{settings.look}.{settings.camera}.{settings.size[0]}.zip"


def archive_members(
    order: Order, results: Mapping[str, jobs.Result], *, folder: Path, head: HeadChoice, title: str
) -> list[Member]:
    """The films that are there, their manifest, and the page that plays them, where it was asked for.

    results: as `viewer.video.batch.kept_films` finds them in `folder`; title: of the page. Raises VideoError.
    """
    films = {stem: result.value for stem, result in results.items() if result.ok}
    members = [text_member(MANIFEST, manifest_of(results, settings=order.settings, head=head))]
    if order.gallery:
        entries = (Film.of(stem, film) for stem, film in films.items())
        page = gallery(entries, title=title, failed=len(order.stems) - len(films))
        members.append(text_member(GALLERY, page.encode()))
    for film in films.values():
        names = (film["path"], film["thumb"]) if order.gallery else (film["path"],)
        members += [file_member(name, folder / name) for name in names]
    return members
