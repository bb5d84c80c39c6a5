"""The catalogue of a data set: every clip's row in SQLite, to search, filter, sort and page through."""

from viewer.dataset.catalogue.build import IndexProgress
from viewer.dataset.catalogue.catalogue import Catalogue
from viewer.dataset.catalogue.columns import COLUMNS, Column
from viewer.dataset.catalogue.pages import Histogram, Page
from viewer.dataset.catalogue.query import Query

__all__ = ["COLUMNS", "Catalogue", "Column", "Histogram", "IndexProgress", "Page", "Query"]
