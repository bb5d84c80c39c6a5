"""The errors the viewer raises on purpose.

Their text is written for the user: what was found, what was expected, and the next command to type.
Anything else that escapes is a bug in the viewer.
"""

from __future__ import annotations


class ViewerError(Exception):
    """Base of all of them: catch this to show a message instead of a traceback."""


class ClipError(ViewerError):
    """The data of one clip cannot be used; other clips are not affected."""


class DatasetError(ViewerError):
    """A data set folder is missing, unreadable, empty or not in a known layout."""


class ModelFileError(ViewerError):
    """A FLAME model file is missing, damaged, unsafe, or no FLAME model."""


class RenderError(ViewerError):
    """OpenGL is not available, or the render process failed."""


class VideoError(ViewerError):
    """An mp4 could not be written."""


class CompareError(ViewerError):
    """Two tracks cannot be compared, or not as was asked for; other pairs are not affected."""


class JobError(ViewerError):
    """Work on many clips could not start or go on; trouble with one of them never raises it."""


class ReviewError(ViewerError):
    """Verdicts cannot be read or kept; those that were kept before are left as they are."""


class UsageError(ViewerError):
    """The caller asked for something that does not exist, such as an unknown look."""


class Cancelled(ViewerError):  # noqa: N818 (no fault, an answer)
    """Long work was stopped because the caller asked for it."""
